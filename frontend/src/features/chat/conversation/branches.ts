// Which questions of a conversation are shown: one path through its branches. Questions with the same parent are
// branches of each other.

export type Branches = {
  /** From the first question to the last one shown. */
  path: ReadonlyArray<string>;
  /** Of each question with alternatives: all of them, oldest first. */
  siblings: Readonly<Record<string, ReadonlyArray<string>>>;
};

const ROOT = "";

/**
 * `order` has every question after its parent. Where nothing is chosen, the path leads to the newest question.
 */
export function branchesOf(
  order: ReadonlyArray<string>,
  parentOf: (id: string) => string | null,
  chosen: Readonly<Record<string, string>>,
): Branches {
  const known = new Set(order);
  const keyOf = (id: string) => {
    const parent = parentOf(id);
    return parent !== null && known.has(parent) ? parent : ROOT;
  };
  const children = new Map<string, string[]>();
  for (const id of order) {
    const key = keyOf(id);
    const list = children.get(key);
    if (list) list.push(id);
    else children.set(key, [id]);
  }
  const newest = newestChild(order, keyOf);
  const path: string[] = [];
  let next = children.get(ROOT);
  let key = ROOT;
  while (next) {
    const wanted = chosen[key];
    const id: string = (wanted !== undefined && next.includes(wanted) ? wanted : newest.get(key)) as string;
    path.push(id);
    key = id;
    next = children.get(id);
  }
  const siblings = Object.fromEntries(
    [...children.values()].filter((list) => list.length > 1).flatMap((list) => list.map((id) => [id, list] as const)),
  );
  return { path, siblings };
}

/** Of each parent, the child through which the newest question below it is reached. */
function newestChild(order: ReadonlyArray<string>, keyOf: (id: string) => string): Map<string, string> {
  const newest = new Map<string, string>();
  const seen = new Set<string>();
  for (const last of [...order].reverse()) {
    for (let id = last; !seen.has(id); ) {
      seen.add(id);
      const key = keyOf(id);
      if (newest.has(key)) break;
      newest.set(key, id);
      if (key === ROOT) break;
      id = key;
    }
  }
  return newest;
}

/** The choice that leads to a question, whatever was chosen before: at each parent the child on its way. */
export function choiceOf(
  id: string,
  parentOf: (id: string) => string | null,
  chosen: Readonly<Record<string, string>>,
): Record<string, string> {
  const changed = { ...chosen };
  for (let at: string | null = id; at !== null; at = parentOf(at)) changed[parentOf(at) ?? ROOT] = at;
  return changed;
}
