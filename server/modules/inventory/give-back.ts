import { type Because, type Level, levelKey, move, type Reservation, setOpen, touch, type World } from './world.ts'

/**
 * Gives back all of a reservation, shortages included. Whose shortages are then filled at the freed levels is the
 * caller's to say. An expired hold keeps in `taken` and `missing` what it had and lacked, for a payment that comes late.
 */
export function giveBackAll(
  world: World,
  reservation: Reservation,
  state: 'released' | 'expired',
  because: Because,
): { units: number; freed: Level[] } {
  for (const shortage of world.shortagesOf.get(reservation.id) ?? []) {
    if (state === 'released' && shortage.open === 0) continue
    if (state === 'expired') shortage.missing = shortage.open
    setOpen(world, shortage, 0)
  }
  reservation.state = state
  reservation.expiresAt = null
  touch(world, reservation)
  let units = 0
  const freed: Level[] = []
  for (const line of reservation.lines) {
    if (state === 'expired' && line.taken !== line.quantity) {
      line.taken = line.quantity
      line.changed = true
    }
    if (line.quantity === 0) continue
    const level = world.levels.get(levelKey(reservation.company, line.variantId, line.warehouseId))!
    move(world, level, 'release', 0, -line.quantity, because)
    units += line.quantity
    line.quantity = 0
    line.changed = true
    freed.push(level)
  }
  return { units, freed }
}
