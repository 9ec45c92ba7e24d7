// The editor of one stack.
export function Editor() {
  return null;
}
