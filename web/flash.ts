import { type RefObject, useEffect, useRef } from 'react'

const FLASH_MS = 600

/** Lights the element for 600 ms when the value changes; not when it first appears, and not for those who asked for no motion. */
export function useFlash<E extends HTMLElement>(value: unknown): RefObject<E | null> {
  const element = useRef<E>(null)
  const before = useRef(value)
  useEffect(() => {
    if (Object.is(before.current, value)) return
    before.current = value
    if (window.matchMedia('(prefers-reduced-motion: reduce)').matches) return
    element.current?.animate([{ backgroundColor: 'var(--flash)' }, { backgroundColor: 'transparent' }], {
      duration: FLASH_MS,
      easing: 'ease-in',
    })
  }, [value])
  return element
}
