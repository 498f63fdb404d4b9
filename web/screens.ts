import { useEffect, useState } from 'react'

export const SCREENS = ['board', 'channels'] as const
export type Screen = (typeof SCREENS)[number]

/** Which screen the address asks for; Back and Forward move between them. */
export function useScreen(): [Screen, (screen: Screen) => void] {
  const [screen, setScreen] = useState(inAddress)
  useEffect(() => {
    const follow = () => setScreen(inAddress())
    window.addEventListener('popstate', follow)
    return () => window.removeEventListener('popstate', follow)
  }, [])
  const go = (to: Screen) => {
    if (to === inAddress()) return
    window.history.pushState(null, '', addressOf(to))
    setScreen(to)
    window.scrollTo({ top: 0 })
  }
  return [screen, go]
}

/** Language and filters stay in the address. */
export function addressOf(screen: Screen): string {
  const url = new URL(window.location.href)
  if (screen === 'board') url.searchParams.delete('screen')
  else url.searchParams.set('screen', screen)
  url.hash = ''
  return `${url.pathname}${url.search}`
}

function inAddress(): Screen {
  const asked = new URLSearchParams(window.location.search).get('screen')
  return SCREENS.find((known) => known === asked) ?? 'board'
}
