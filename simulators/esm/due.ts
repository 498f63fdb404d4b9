/** What happens by itself later: 24 hours without an answer approve a cancel, carriers carry, buyers pay. */
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

/** Does everything whose time has come; each act is told its own time, not the caller's. */
export function actOnDue(list: DueList, now: number): void {
  while (list.length > 0 && list[0]!.at <= now) {
    const { at, act } = list.shift()!
    act(at)
  }
}
