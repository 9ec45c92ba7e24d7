// Lists that come a page at a time.
type Page<T> = { items: ReadonlyArray<T>; total: number; skip: number };

export const PAGE_SIZE = 60;

/** Where the next page of a list starts; undefined at its end. */
export function nextSkip({ items, total, skip }: Page<unknown>): number | undefined {
  const next = skip + items.length;
  return items.length && next < total ? next : undefined;
}

/** What `infiniteQueryOptions` needs to know of a list. */
export const PAGED = { initialPageParam: 0, getNextPageParam: nextSkip };

/** Every item of a list, page after page. */
export async function everyItem<T>(page: (skip: number) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  for (let skip: number | undefined = 0; skip !== undefined; ) {
    const found: Page<T> = await page(skip);
    items.push(...found.items);
    skip = nextSkip(found);
  }
  return items;
}
