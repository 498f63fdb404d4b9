import { type RefObject, useEffect, useRef, useState } from 'react'

export const ROW_HEIGHT = 42
/** Rows drawn beyond each edge, so that a quick scroll shows rows and not paper. */
const BEYOND = 6
/** However tall the screen: more rows than this would cost more than they show. */
const MOST_ROWS = 70

export type Window = { first: number; last: number }

/** Which rows of a scrolled list to draw: `first` up to but not including `last`. */
export function rowsInWindow(rows: number, scrollTop: number, height: number): Window {
  const first = Math.max(0, Math.min(rows, Math.floor(scrollTop / ROW_HEIGHT) - BEYOND))
  const fitting = Math.ceil(height / ROW_HEIGHT) + 2 * BEYOND
  return { first, last: Math.min(rows, first + Math.min(MOST_ROWS, fitting)) }
}

/** Follows a scrolling element. It draws again only when another row comes into the window, not with every pixel. */
export function useWindow(rows: number): { scroller: RefObject<HTMLDivElement | null>; window: Window } {
  const scroller = useRef<HTMLDivElement>(null)
  const [shownWindow, setWindow] = useState<Window>({ first: 0, last: Math.min(rows, 30) })
  useEffect(() => {
    const element = scroller.current
    if (element === null) return
    const measure = () => {
      const next = rowsInWindow(rows, element.scrollTop, element.clientHeight)
      setWindow((before) => (before.first === next.first && before.last === next.last ? before : next))
    }
    measure()
    const resized = new ResizeObserver(measure)
    resized.observe(element)
    element.addEventListener('scroll', measure, { passive: true })
    return () => {
      resized.disconnect()
      element.removeEventListener('scroll', measure)
    }
  }, [rows])
  return { scroller, window: shownWindow }
}
