/** Work that takes effect later by the marketplace's own clock. It is done when the next call or visitor comes. */
export type DueList = { at: number; act: (now: number) => void }[]

export function actLater(list: DueList, at: number, act: (now: number) => void): void {
  let place = list.length
  while (place > 0 && list[place - 1]!.at > at) place--
  list.splice(place, 0, { at, act })
}

/** Does everything whose time has come, in order of its time, each told its own time and not the caller's. */
export function actOnDue(list: DueList, now: number): void {
  while (list.length > 0 && list[0]!.at <= now) {
    const due = list.shift()!
    due.act(due.at)
  }
}
