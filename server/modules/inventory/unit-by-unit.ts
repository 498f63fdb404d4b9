import type {
  AdjustRequest,
  ReceiveRequest,
  ReleaseRequest,
  ReserveRequest,
  ShipRequest,
  StockRequest,
} from './requests.ts'

type Owner = { ref: string; lineNo: number }
type Unit = { variant: string; warehouse: string; owner: Owner | null }
type Note = Owner & { variant: string; warehouses: readonly string[] }
type Place = { lineNo: number; variant: string; warehouse: string }
type Order = {
  ref: string
  serial: string
  asked: string
  state: 'held' | 'firm' | 'released' | 'expired' | 'shipped'
  expiresAt: number
  extended: boolean
  shipBy: number
  /** In the order of the first unit taken there. */
  places: Place[]
  /** What it had when its time ran out. */
  lost: { units: Place[]; notes: Note[] }
}

/**
 * Stock as a child would keep it: every unit is an object that lies somewhere and has an owner or none, every missing
 * unit is a note in a queue. Slow, for one company, and written without looking at decide.ts, so that the property
 * test has somebody to disagree with.
 */
export function unitByUnit() {
  const units: Unit[] = []
  let notes: Note[] = []
  const orders = new Map<string, Order>()
  const promised = new Map<string, number>()
  const known = new Map<string, string>()

  const free = (variant: string, warehouse: string) =>
    units.filter((unit) => unit.variant === variant && unit.warehouse === warehouse && !unit.owner)
  const owned = (ref: string, place?: Partial<Place>) =>
    units.filter(
      ({ owner, variant, warehouse }) =>
        owner?.ref === ref &&
        (place?.lineNo ?? owner.lineNo) === owner.lineNo &&
        (place?.variant ?? variant) === variant &&
        (place?.warehouse ?? warehouse) === warehouse,
    )
  const give = (unit: Unit, order: Order, lineNo: number) => {
    unit.owner = { ref: order.ref, lineNo }
    const place = { lineNo, variant: unit.variant, warehouse: unit.warehouse }
    if (!order.places.some((other) => JSON.stringify(other) === JSON.stringify(place))) order.places.push(place)
  }
  const serveNotes = (variant: string, warehouse: string) => {
    for (const note of [...notes]) {
      const [unit] = free(variant, warehouse)
      if (!unit) return
      if (note.variant !== variant || !note.warehouses.includes(warehouse)) continue
      notes = notes.filter((other) => other !== note)
      give(unit, orders.get(note.ref)!, note.lineNo)
    }
  }
  const letGo = (order: Order, state: 'released' | 'expired', skip?: { variant: string; warehouse: string }) => {
    const had = owned(order.ref)
    order.lost = {
      units: had.map(({ variant, warehouse, owner }) => ({ variant, warehouse, lineNo: owner!.lineNo })),
      notes: notes.filter((note) => note.ref === order.ref),
    }
    notes = notes.filter((note) => note.ref !== order.ref)
    order.state = state
    const left = order.places.filter((place) => owned(order.ref, place).length > 0)
    for (const unit of had) unit.owner = null
    for (const place of left) {
      const skipped = skip?.variant === place.variant && skip.warehouse === place.warehouse
      if (!skipped) serveNotes(place.variant, place.warehouse)
    }
    return had.length
  }

  const reserve = (request: ReserveRequest, now: number): string => {
    const asked = JSON.stringify(
      request.lines.map((line) => `${line.lineNo} ${line.variantId} ${line.quantity}`).sort(),
    )
    const before = orders.get(request.ref)
    if (before) return before.asked === asked ? 'already' : 'conflict'
    const cart = request.replaces === null ? undefined : orders.get(request.replaces)
    const replaced = cart?.state === 'held' ? cart : undefined
    const variants = [...new Set(request.lines.map((line) => line.variantId))]
    const wanted = (variant: string) =>
      request.lines.reduce((sum, line) => sum + (line.variantId === variant ? line.quantity : 0), 0)
    if (request.whenShort === 'refuse') {
      for (const variant of variants) {
        const { warehouses, margin } = request.lines.find((line) => line.variantId === variant)!
        const notesThen = notes.filter((note) => note.variant === variant && note.ref !== replaced?.ref).length
        let can = Math.max(0, margin - notesThen)
        for (const warehouse of warehouses) {
          can += free(variant, warehouse).length
          if (replaced) can += owned(replaced.ref, { variant, warehouse }).length
        }
        if (request.drawsOn === 'free') can -= promised.get(variant) ?? 0
        if (can < wanted(variant)) return 'short'
      }
    }
    let freed: Place[] = []
    if (replaced) {
      freed = replaced.places
      for (const unit of owned(replaced.ref)) unit.owner = null
      notes = notes.filter((note) => note.ref !== replaced.ref)
      replaced.state = 'released'
    }
    const order: Order = {
      ref: request.ref,
      serial: request.reservationId,
      asked,
      state: request.holdForMs === null ? 'firm' : 'held',
      expiresAt: request.holdForMs === null ? Infinity : now + request.holdForMs,
      extended: false,
      shipBy: request.shipBy ?? Infinity,
      places: [],
      lost: { units: [], notes: [] },
    }
    orders.set(order.ref, order)
    const candidates = (variant: string) => request.lines.find((line) => line.variantId === variant)!.warehouses
    const hasAll = request.lines[0]!.warehouses.find((warehouse) =>
      request.lines.every(
        ({ variantId }) =>
          candidates(variantId).includes(warehouse) && free(variantId, warehouse).length >= wanted(variantId),
      ),
    )
    for (const { lineNo, variantId, quantity } of request.lines) {
      const warehouses = candidates(variantId)
      const whole = hasAll ?? warehouses.find((warehouse) => free(variantId, warehouse).length >= quantity)
      const from = whole === undefined ? warehouses : [whole]
      const taken = from.flatMap((warehouse) => free(variantId, warehouse)).slice(0, quantity)
      for (const unit of taken) give(unit, order, lineNo)
      for (let i = taken.length; i < quantity; i++) {
        notes.push({ ref: order.ref, lineNo, variant: variantId, warehouses })
      }
    }
    for (const place of freed) serveNotes(place.variant, place.warehouse)
    return order.state
  }

  const settle = (ref: string): string => {
    const order = orders.get(ref)
    if (!order) return 'not_found'
    if (order.state !== 'held' && order.state !== 'expired') return 'already'
    if (order.state === 'expired') {
      const took: Unit[] = []
      const take = (variant: string, warehouse: string, lineNo: number) => {
        const unit = free(variant, warehouse)[0]
        if (!unit) return false
        give(unit, order, lineNo)
        took.push(unit)
        return true
      }
      const { lost } = order
      const variants = new Set([...lost.units, ...lost.notes].map(({ variant }) => variant))
      let enough = true
      for (const variant of variants) {
        const rows = [...lost.units, ...lost.notes].filter((row) => row.variant === variant)
        const places = new Set(rows.flatMap((row) => ('warehouse' in row ? [row.warehouse] : row.warehouses)))
        const here = [...places].reduce((sum, warehouse) => sum + free(variant, warehouse).length, 0)
        if (here - (promised.get(variant) ?? 0) < rows.length) enough = false
      }
      for (const row of lost.units) enough &&= take(row.variant, row.warehouse, row.lineNo)
      for (const row of lost.notes) {
        enough &&= row.warehouses.some((warehouse) => take(row.variant, warehouse, row.lineNo))
      }
      if (!enough) {
        for (const unit of took) unit.owner = null
        return 'short'
      }
    }
    order.state = 'firm'
    return 'settled'
  }

  const extend = (ref: string, until: number): string => {
    const order = orders.get(ref)
    if (!order) return 'not_found'
    if (order.state !== 'held' || order.extended) return 'already'
    order.expiresAt = until
    order.extended = true
    return 'extended'
  }

  const whatWasAsked = (request: ReleaseRequest | ShipRequest | ReceiveRequest | AdjustRequest) =>
    JSON.stringify([
      request.verb,
      request.verb === 'adjust'
        ? request.lines.map(({ saw: _, ...line }) => line)
        : request.lines?.map((line) => JSON.stringify(line)).sort(),
    ])
  const once = (name: string, request: ReleaseRequest | ShipRequest | ReceiveRequest | AdjustRequest) => {
    const before = known.get(name)
    if (before === undefined) return null
    return before === whatWasAsked(request) ? 'already' : 'conflict'
  }

  const release = (request: ReleaseRequest): string => {
    const order = orders.get(request.ref)
    if (!order) return 'not_found'
    const name = `${request.ref}#${request.once}`
    const repeated = request.lines && once(name, request)
    if (repeated) return repeated
    if (order.state !== 'held' && order.state !== 'firm') return 'already'
    if (!request.lines) {
      letGo(order, 'released')
      return 'released'
    }
    known.set(name, whatWasAsked(request))
    for (const { lineNo, variantId, quantity } of request.lines) {
      for (let i = 0; i < quantity; i++) {
        const note = notes.find((n) => n.ref === order.ref && n.lineNo === lineNo && n.variant === variantId)
        if (note) {
          notes = notes.filter((other) => other !== note)
          continue
        }
        const place = order.places.find(
          (p) => p.lineNo === lineNo && p.variant === variantId && owned(order.ref, p).length > 0,
        )
        if (place) owned(order.ref, place)[0]!.owner = null
      }
      for (const place of order.places) {
        if (place.lineNo === lineNo && place.variant === variantId) serveNotes(variantId, place.warehouse)
      }
    }
    if (nothingLeft(order)) order.state = 'released'
    return 'released'
  }
  const nothingLeft = (order: Order) => owned(order.ref).length === 0 && !notes.some((note) => note.ref === order.ref)

  const ship = (request: ShipRequest): string => {
    const order = orders.get(request.ref)
    if (!order) return 'not_found'
    const name = `${request.ref}#${request.once}`
    const repeated = request.lines && once(name, request)
    if (repeated) return repeated
    if (order.state !== 'firm') return 'already'
    if (!request.lines && notes.some((note) => note.ref === order.ref)) return 'not_reserved'
    const leaving: Unit[] = []
    for (const { lineNo, variantId, quantity } of request.lines ?? []) {
      const here = order.places
        .flatMap((place) => owned(order.ref, place))
        .filter((unit) => unit.owner!.lineNo === lineNo && unit.variant === variantId && !leaving.includes(unit))
      if (here.length < quantity) return 'not_reserved'
      leaving.push(...here.slice(0, quantity))
    }
    if (request.lines) known.set(name, whatWasAsked(request))
    for (const unit of request.lines ? leaving : owned(order.ref)) units.splice(units.indexOf(unit), 1)
    if (nothingLeft(order)) order.state = 'shipped'
    return 'shipped'
  }

  const receive = (request: ReceiveRequest): string => {
    const repeated = once(`cause ${request.ref}`, request)
    if (repeated) return repeated
    known.set(`cause ${request.ref}`, whatWasAsked(request))
    for (const { variantId: variant, warehouseId: warehouse, quantity } of request.lines) {
      for (let i = 0; i < quantity; i++) units.push({ variant, warehouse, owner: null })
      serveNotes(variant, warehouse)
    }
    return 'received'
  }

  const adjust = (request: AdjustRequest, now: number): string => {
    const repeated = once(`cause ${request.ref}`, request)
    if (repeated) return repeated
    const lying = (variant: string, warehouse: string) =>
      units.filter((unit) => unit.variant === variant && unit.warehouse === warehouse)
    for (const { saw, variantId, warehouseId } of request.lines) {
      if (saw !== null && saw !== lying(variantId, warehouseId).length) return 'stale'
    }
    const count = new Map<string, number>()
    for (const { variantId, warehouseId, counted, delta } of request.lines) {
      const at = `${variantId}/${warehouseId}`
      const after = counted ?? (count.get(at) ?? lying(variantId, warehouseId).length) + (delta ?? 0)
      if (after < 0) return 'impossible'
      count.set(at, after)
    }
    known.set(`cause ${request.ref}`, whatWasAsked(request))
    for (const { variantId: variant, warehouseId: warehouse, counted, delta } of request.lines) {
      const target = counted ?? lying(variant, warehouse).length + (delta ?? 0)
      const spokenFor = () => lying(variant, warehouse).filter((unit) => unit.owner).length
      const here = [...orders.values()].filter((order) => owned(order.ref, { variant, warehouse }).length > 0)
      const due = here.filter((order) => order.state === 'held' && order.expiresAt <= now)
      const held = here.filter((order) => order.state === 'held' && order.expiresAt > now)
      due.sort((a, b) => a.expiresAt - b.expiresAt || (a.serial < b.serial ? -1 : 1))
      held.sort((a, b) => (a.serial < b.serial ? 1 : -1))
      for (const order of [...due, ...held]) {
        if (spokenFor() <= target) break
        letGo(order, due.includes(order) ? 'expired' : 'released', { variant, warehouse })
      }
      const firm = here.filter((order) => order.state === 'firm')
      firm.sort((a, b) => b.shipBy - a.shipBy || (a.serial < b.serial ? 1 : -1))
      for (const order of firm) {
        for (const place of order.places) {
          for (const unit of owned(order.ref, place)) {
            if (unit.variant !== variant || unit.warehouse !== warehouse || spokenFor() <= target) continue
            notes.push({ ref: order.ref, lineNo: unit.owner!.lineNo, variant, warehouses: [warehouse] })
            unit.owner = null
          }
        }
      }
      while (lying(variant, warehouse).length > target) units.splice(units.indexOf(free(variant, warehouse)[0]!), 1)
      while (lying(variant, warehouse).length < target) units.push({ variant, warehouse, owner: null })
      serveNotes(variant, warehouse)
    }
    return 'adjusted'
  }

  return {
    /** The kind of outcome it would give. */
    ask(request: StockRequest, now: number): string {
      if (request.verb === 'extend') return extend(request.ref, now + request.holdForMs)
      if (request.verb === 'reserve') return reserve(request, now)
      if (request.verb === 'receive' || request.verb === 'restock') return receive(request)
      if (request.verb === 'adjust') return adjust(request, now)
      if (request.verb === 'release') return release(request)
      if (request.verb === 'ship') return ship(request)
      if (request.verb === 'settle') return settle(request.ref)
      const order = orders.get(request.ref)
      if (!order) return 'not_found'
      if (order.state !== 'held') return 'already'
      if (order.expiresAt > now) return 'not_due'
      letGo(order, 'expired')
      return 'expired'
    },
    promise: (variant: string, units: number) => promised.set(variant, units),
    onHand: (variant: string, warehouse: string) =>
      units.filter((unit) => unit.variant === variant && unit.warehouse === warehouse).length,
    reserved: (variant: string, warehouse: string) =>
      units.filter((unit) => unit.variant === variant && unit.warehouse === warehouse && unit.owner).length,
    missing: (ref: string, lineNo: number, variant: string) =>
      notes.filter((note) => note.ref === ref && note.lineNo === lineNo && note.variant === variant).length,
    held: (ref: string, place: Place) => owned(ref, place).length,
    stateOf: (ref: string) => orders.get(ref)?.state,
  }
}
