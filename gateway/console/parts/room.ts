import { type RefObject, useEffect, useRef, useState } from 'react';

/** The room that is left for an element, in CSS pixels: a virtual table must be told. */
export function useRoom(): {
  readonly holder: RefObject<HTMLDivElement | null>;
  readonly width: number;
  readonly height: number;
} {
  const holder = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const watch = new ResizeObserver(() => {
      setRoom({ width: element.clientWidth, height: element.clientHeight });
    });
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return { holder, ...room };
}
