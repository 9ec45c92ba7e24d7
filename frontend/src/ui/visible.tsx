// What happens when a part of the page comes into view.
import { type RefObject, useEffect, useRef, useState } from "react";

const NEAR = "400px"; // of the visible part counts as visible, so that what is loaded is there in time

/** True from the first time that the element is near the visible part of the page. */
export function useSeen<T extends Element>(): [RefObject<T | null>, boolean] {
  const ref = useRef<T>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (!ref.current || seen) return;
    const observer = new IntersectionObserver(
      (changes) => changes.some((change) => change.isIntersecting) && setSeen(true),
      { rootMargin: NEAR },
    );
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, [seen]);
  return [ref, seen];
}

/** Stands at the end of a list and asks for more when it is scrolled to. Give it the list's length as its key. */
export function ListEnd({ onSeen }: { onSeen: () => void }) {
  const [ref, seen] = useSeen<HTMLDivElement>();
  const ask = useRef(onSeen);
  ask.current = onSeen;
  useEffect(() => {
    if (seen) ask.current();
  }, [seen]);
  return <div ref={ref} className="h-px" />;
}
