/**
 * Gives out `seats` one by one, the next to the largest weight / (seats held + 1) (D'Hondt), nobody above its cap.
 * More seats never take one from anybody. Weights >= 0; weight 0 gets nothing; ties go to the earlier.
 */
export function apportion(weights: readonly number[], caps: readonly number[], seats: number): number[] {
  const target = weights.map(() => 0)
  const open = (index: number) => weights[index]! > 0 && target[index]! < caps[index]!
  for (let left = startedOut(weights, caps, seats, target); left > 0; left -= 1) {
    let best = -1
    for (let index = 0; index < weights.length; index += 1) {
      if (!open(index)) continue
      if (best < 0 || weights[index]! / (target[index]! + 1) > weights[best]! / (target[best]! + 1)) best = index
    }
    if (best < 0) break
    target[best]! += 1
  }
  return target
}

function startedOut(_weights: readonly number[], _caps: readonly number[], seats: number, _target: number[]): number {
  return seats
}
