// Addresses and pages: links, the parts of an address, and which page stands at it. Small, as it is in every first load.
import {
  Component,
  type ComponentProps,
  type ComponentType,
  createContext,
  type MouseEvent,
  type ReactNode,
  Suspense,
  startTransition,
  useContext,
  useEffect,
  useMemo,
  useState,
} from "react";

type Place = { path: string; search: string };
type Going = { replace?: boolean };
type Params = Readonly<Record<string, string | undefined>>;

const Where = createContext<Place>({ path: "/", search: "" });
const Found = createContext<Params>({});
const placeNow = (): Place => ({ path: location.pathname, search: location.search });

let show: (goneTo: boolean) => void = () => {};

/** Goes to an address of the pages, or back by a number of steps. */
export function navigate(to: string | number, { replace = false }: Going = {}): void {
  if (typeof to === "number") {
    history.go(to);
    return;
  }
  const target = new URL(to, location.href);
  const before = location.pathname;
  if (target.href === location.href) return;
  history[replace ? "replaceState" : "pushState"](null, "", target);
  show(target.pathname !== before && !replace);
}

export const useNavigate = () => navigate;
export const useParams = (): Params => useContext(Found);
export const usePlace = (): Place => useContext(Where);

type Change = URLSearchParams | Record<string, string> | ((before: URLSearchParams) => URLSearchParams);

/** The part after the “?”. What changes it is given what the address has at that moment. */
export function useSearchParams(): [URLSearchParams, (change: Change, going?: Going) => void] {
  const { search } = useContext(Where);
  return [useMemo(() => new URLSearchParams(search), [search]), setSearch];
}

function setSearch(change: Change, going: Going = {}): void {
  const after =
    typeof change === "function" ? change(new URLSearchParams(location.search)) : new URLSearchParams(change);
  const text = after.toString();
  navigate(`${location.pathname}${text ? `?${text}` : ""}`, going);
}

type LinkProps = ComponentProps<"a"> & Going & { to: string };

export function Link({ to, replace = false, onClick, ...rest }: LinkProps) {
  const go = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (event.defaultPrevented || !plain || (rest.target && rest.target !== "_self")) return;
    event.preventDefault();
    navigate(to, { replace });
  };
  return <a {...rest} href={to} onClick={go} />;
}

type NavLinkProps = Omit<LinkProps, "className"> & {
  /** Only this address counts, not those below it. */
  end?: boolean;
  className: (state: { isActive: boolean }) => string;
};

/** A link that says whether the page is there. */
export function NavLink({ to, end = false, className, ...rest }: NavLinkProps) {
  const { path } = useContext(Where);
  const isActive = path === to || (!end && path.startsWith(`${to}/`));
  return (
    <Link
      {...rest}
      to={to}
      className={className({ isActive })}
      {...(isActive ? { "aria-current": "page" as const } : {})}
    />
  );
}

export type Route = {
  /** `/stacks/:id`, `/documents/:documentId?` */
  path: string;
  page: ComponentType;
};

/** The values in a path that fits a pattern; null when it does not. */
export function fits(pattern: string, path: string): Params | null {
  const names: string[] = [];
  const source = pattern.replace(/\/:(\w+)(\?)?/g, (_, name: string, optional?: string) => {
    names.push(name);
    return optional ? "(?:/([^/]+))?" : "/([^/]+)";
  });
  const found = new RegExp(`^${source}/?$`).exec(path);
  if (!found) return null;
  try {
    return Object.fromEntries(
      names.map((name, index) => [name, found[index + 1] && decodeURIComponent(found[index + 1] ?? "")]),
    );
  } catch {
    return null; // an address with a broken escape is none of ours
  }
}

/** Where an address of before leads: `{ "/documents/:id": "/knowledge?document=:id" }`. What stands after the “?” goes along. */
export function redirected(redirects: Readonly<Record<string, string>>, place: Place): string | null {
  for (const [from, to] of Object.entries(redirects)) {
    const params = fits(from, place.path);
    if (!params) continue;
    const target = new URL(
      to.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? "")),
      location.href,
    );
    for (const [name, value] of new URLSearchParams(place.search)) target.searchParams.append(name, value);
    return target.pathname + target.search;
  }
  return null;
}

type RouterProps = {
  routes: ReadonlyArray<Route>;
  redirects?: Readonly<Record<string, string>>;
  lost: ReactNode;
  broken: (error: unknown) => ReactNode;
  /** What stands beside every page. */
  children?: ReactNode;
};

const NO_REDIRECTS = {};

/** The place of now, once an address of before has become the one of today. */
function arrive(redirects: Readonly<Record<string, string>>): Place {
  const to = redirected(redirects, placeNow());
  if (to !== null) history.replaceState(null, "", to);
  return placeNow();
}

export function Router({ routes, redirects = NO_REDIRECTS, lost, broken, children }: RouterProps) {
  const [place, setPlace] = useState(() => arrive(redirects));
  const [atTop, setAtTop] = useState(0);
  useEffect(() => {
    show = (goneTo) => {
      const next = arrive(redirects);
      const change = () => {
        setPlace(next);
        if (goneTo) setAtTop((count) => count + 1);
      };
      // The page that is open stays until the next one is there.
      if (goneTo) startTransition(change);
      else change();
    };
    const onBack = () => show(false);
    window.addEventListener("popstate", onBack);
    return () => {
      window.removeEventListener("popstate", onBack);
      show = () => {};
    };
  }, [redirects]);
  useEffect(() => {
    if (atTop) window.scrollTo(0, 0);
  }, [atTop]);

  const found = useMemo(() => {
    for (const route of routes) {
      const params = fits(route.path, place.path);
      if (params) return { route, params };
    }
    return null;
  }, [routes, place.path]);
  return (
    <Where value={place}>
      <Broken path={place.path} show={broken}>
        <Suspense>{found ? <Found value={found.params}>{<found.route.page />}</Found> : lost}</Suspense>
      </Broken>
      {children}
    </Where>
  );
}

type BrokenProps = { path: string; show: (error: unknown) => ReactNode; children: ReactNode };

class Broken extends Component<BrokenProps, { error: unknown }> {
  override state = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override componentDidUpdate(before: BrokenProps) {
    if (before.path !== this.props.path && this.state.error !== null) this.setState({ error: null });
  }

  override render() {
    return this.state.error === null ? this.props.children : this.props.show(this.state.error);
  }
}
