// The documents page.
export function DocumentsPage() {
  return null;
}
