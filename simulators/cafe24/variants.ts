import { actLater } from '../due.ts'
import type { SimResponse } from '../marketplace.ts'
import { changeStock, isFlag, isStock, LONGEST_CUSTOM_CODE, type Product, type Variant } from './catalog.ts'
import {
  answerMany,
  answerOne,
  type Body,
  embeds,
  type Fault,
  fault,
  isFault,
  json,
  money,
  type Plan,
  refused,
} from './envelopes.ts'
import { type Call, happens, type World } from './world.ts'

/** GET products/{no}/variants */
export function listVariants(world: World, call: Call): SimResponse {
  const product = productOf(world, call)
  if (product === undefined) return refused(NO_PRODUCT)
  const withInventories = embeds(call).has('inventories')
  return json(200, { variants: product.variants.map((variant) => variantRow(variant, withInventories)) })
}

/** GET products/{no}/variants/{variant_code} */
export function getVariant(world: World, call: Call): SimResponse {
  const variant = variantOf(world, call, call.parts[1])
  if (variant === undefined) return refused(NO_VARIANT)
  return json(200, { variant: variantRow(variant, embeds(call).has('inventories')) })
}

/** PUT products/{no}/variants/{variant_code} */
export function putVariant(world: World, call: Call): SimResponse {
  const variant = variantOf(world, call, call.parts[1])
  if (variant === undefined) return refused(NO_VARIANT)
  const luck = luckOfWrites(world, call)
  return withSlowStatus(
    luck,
    answerOne(call, 'variant', 200, (request) => {
      const plan = planWrite(world, call, variant, request, ALL_COLUMNS, luck)
      if (isFault(plan)) return plan
      plan()
      return { ...variantRow(variant, false), ...asked(request) }
    }),
  )
}

/** PUT products/{no}/variants: up to 100 of one product. */
export function putVariants(world: World, call: Call): SimResponse {
  const product = productOf(world, call)
  if (product === undefined) return refused(NO_PRODUCT)
  const luck = luckOfWrites(world, call)
  const plan = (request: Body): Plan => {
    const variant = variantOf(world, call, request.variant_code)
    if (variant === undefined) return NO_VARIANT
    const write = planWrite(world, call, variant, request, ALL_COLUMNS, luck)
    return isFault(write)
      ? write
      : () => {
          write()
          return { ...variantRow(variant, false), ...asked(request) }
        }
  }
  return withSlowStatus(luck, answerMany(world, call, 'variants', 200, plan))
}

/** GET products/{no}/variants/{variant_code}/inventories */
export function getInventory(world: World, call: Call): SimResponse {
  const variant = variantOf(world, call, call.parts[1])
  return variant === undefined ? refused(NO_VARIANT) : json(200, { inventory: inventoryRow(variant) })
}

/** PUT products/{no}/variants/{variant_code}/inventories: absolute, whatever was sold meanwhile. */
export function putInventory(world: World, call: Call): SimResponse {
  const variant = variantOf(world, call, call.parts[1])
  if (variant === undefined) return refused(NO_VARIANT)
  const luck = luckOfWrites(world, call)
  return withSlowStatus(
    luck,
    answerOne(call, 'inventory', 200, (request) => {
      const plan = planWrite(world, call, variant, request, STOCK_COLUMNS, luck)
      if (isFault(plan)) return plan
      plan()
      return { ...inventoryRow(variant), ...asked(request) }
    }),
  )
}

/** An answer tells what was asked for, also when it was lost or is late: only a read tells what is. */
const asked = (request: Body) =>
  Object.fromEntries(ALL_COLUMNS.flatMap(({ name }) => (request[name] === undefined ? [] : [[name, request[name]]])))

type Column = { name: string; isValid(value: unknown): boolean; of(variant: Variant): unknown; set: keyof Variant }

const column = (name: string, set: keyof Variant, isValid: (value: unknown) => boolean): Column => ({
  name,
  isValid,
  of: (variant) => variant[set],
  set,
})

const isLetter = (value: unknown) => value === 'A' || value === 'B'

const STOCK_COLUMNS: readonly Column[] = [
  column('use_inventory', 'useInventory', isFlag),
  column('important_inventory', 'importantInventory', isLetter),
  column('inventory_control_type', 'controlType', isLetter),
  column('display_soldout', 'displaySoldout', isFlag),
  column('quantity', 'quantity', isStock),
  column('safety_inventory', 'safetyInventory', isStock),
]

const OWN_COLUMNS: readonly Column[] = [
  column(
    'custom_variant_code',
    'customCode',
    (value) => typeof value === 'string' && value.length <= LONGEST_CUSTOM_CODE,
  ),
  column('display', 'display', isFlag),
  column('selling', 'selling', isFlag),
]

const ALL_COLUMNS = [...OWN_COLUMNS, ...STOCK_COLUMNS]

/** Drawn once a call, so that every row of a list shares its fate. */
type Luck = { isLost: boolean; delayMs: number; slowStatus: number }

function luckOfWrites({ faults, switches }: World, call: Call): Luck {
  const isLost = happens(faults.lostWrite, call.random)
  const isSlow = !isLost && happens(faults.slowApply, call.random)
  const delayMs = isSlow ? faults.slowApplyMs : 0
  return { isLost, delayMs, slowStatus: delayMs > 0 ? switches.slowWriteStatus : 200 }
}

const withSlowStatus = (luck: Luck, response: SimResponse): SimResponse =>
  response.status === 200 ? { ...response, status: luck.slowStatus } : response

/** Checks every column before any is changed. */
function planWrite(
  world: World,
  call: Call,
  variant: Variant,
  request: Body,
  columns: readonly Column[],
  luck: Luck,
): Fault | (() => void) {
  const given = columns.filter(({ name }) => request[name] !== undefined)
  const wrong = given.find(({ name, isValid }) => !isValid(request[name]))
  if (wrong !== undefined) return fault(422, `${wrong.name} is not valid`)
  if (given.length === 0) return fault(422, 'There is nothing to change')
  const isEqual = given.every((each) => each.of(variant) === request[each.name])
  if (isEqual && world.switches.equalWrite === 'conflict') {
    return fault(409, 'The same content was already written to this resource')
  }
  const apply = (at: number) => {
    for (const { name, set } of given) {
      if (set === 'quantity') changeStock(world, variant, request[name] as number, 'write', at)
      else Object.assign(variant, { [set]: request[name] })
    }
  }
  return () => {
    if (luck.isLost) return
    if (luck.delayMs > 0) actLater(world.due, call.now + luck.delayMs, apply)
    else apply(call.now)
  }
}

export function variantRow(variant: Variant, withInventories: boolean): Body {
  const { optionName } = variant
  return {
    shop_no: 1,
    variant_code: variant.code,
    options: optionName === '' ? [] : [{ name: '옵션', value: optionName }],
    custom_variant_code: variant.customCode,
    display: variant.display,
    selling: variant.selling,
    additional_amount: money(variant.surcharge),
    quantity: variant.quantity,
    use_inventory: variant.useInventory,
    important_inventory: variant.importantInventory,
    inventory_control_type: variant.controlType,
    display_soldout: variant.displaySoldout,
    safety_inventory: variant.safetyInventory,
    ...(withInventories ? { inventories: inventoryRow(variant) } : {}),
  }
}

const inventoryRow = (variant: Variant): Body => ({
  shop_no: 1,
  variant_code: variant.code,
  use_inventory: variant.useInventory,
  important_inventory: variant.importantInventory,
  inventory_control_type: variant.controlType,
  display_soldout: variant.displaySoldout,
  quantity: variant.quantity,
  safety_inventory: variant.safetyInventory,
})

const productOf = (world: World, call: Call): Product | undefined => world.shelf.productByNo.get(call.parts[0] ?? '')

/** Only as a part of the product the path names. */
function variantOf(world: World, call: Call, code: unknown): Variant | undefined {
  const variant = typeof code === 'string' ? world.shelf.variantByCode.get(code) : undefined
  return String(variant?.product.no) === call.parts[0] ? variant : undefined
}

export const NO_PRODUCT = fault(404, 'The product does not exist')
const NO_VARIANT = fault(404, 'The variant does not exist')
