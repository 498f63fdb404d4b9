/** Work that takes effect later by the marketplace's own clock. It is done when the next call or visitor comes. */
export type DueList = { at: number; act: (at: number) => void }[]

/** Among equal times the first asked for comes first. */
export function actLater(list: DueList, at: number, act: (at: number) => void): void {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (list[middle]!.at <= at) low = middle + 1
    else high = middle
  }
  list.splice(low, 0, { at, act })
}

/** Does everything whose time has come, in order of its time, each told its own time and not the caller's. */
export function actOnDue(list: DueList, now: number): void {
  while (list.length > 0 && list[0]!.at <= now) {
    const { at, act } = list.shift()!
    act(at)
  }
}
