import {
  addShortage,
  type Level,
  move,
  type Reservation,
  type Shortage,
  setOpen,
  takeAt,
  variantKey,
  type World,
} from './world.ts'

/** A paid order found so many missing. `warehouses` are those that may serve it later. */
export function recordShortage(
  world: World,
  reservation: Reservation,
  line: { lineNo: number; variantId: string; warehouses: readonly string[] },
  missing: number,
  cause: Shortage['cause'],
): void {
  const shortage: Shortage = {
    company: reservation.company,
    id: world.newId(),
    reservationId: reservation.id,
    reservation,
    lineNo: line.lineNo,
    variantId: line.variantId,
    warehouses: line.warehouses,
    open: 0,
    missing,
    cause,
    since: world.now,
    isNew: true,
    changed: false,
  }
  setOpen(world, shortage, missing)
  addShortage(world, shortage)
  world.written.shortages.push(shortage)
}

/** After any increase: what became available here serves open shortages, oldest first, where this warehouse may. */
export function fillShortages(world: World, level: Level, actor: string): void {
  const open = world.shortages.get(variantKey(level.company, level.variantId))
  if (!open) return
  for (const shortage of open) {
    const available = level.onHand - level.reserved
    if (available === 0) return
    if (shortage.open === 0 || !shortage.warehouses.includes(level.warehouseId)) continue
    const quantity = Math.min(available, shortage.open)
    setOpen(world, shortage, shortage.open - quantity)
    const because = { reason: 'shortage filled', cause: shortage.reservationId, actor }
    if (shortage.reservation) {
      takeAt(world, shortage.reservation, level, shortage.lineNo, quantity, because)
      continue
    }
    move(world, level, 'reserve', 0, quantity, because)
    world.written.filled.push({
      company: level.company,
      reservationId: shortage.reservationId,
      line: {
        lineNo: shortage.lineNo,
        variantId: level.variantId,
        warehouseId: level.warehouseId,
        quantity,
        taken: quantity,
        isNew: true,
        changed: true,
      },
    })
  }
}

export function fillFrom(world: World, levels: readonly Level[], actor: string): void {
  for (const level of levels) fillShortages(world, level, actor)
}
