import type { EsmSwitches } from '../../simulators/esm/index.ts'
import { esmScene } from './esm-scene.ts'
import { onStage, type Shop } from './shop.ts'
import type { Stage } from './stage.ts'

export type Switches = Partial<EsmSwitches>
type Play = (stage: Stage, shop: Shop) => Promise<void>

/** 옥션·G마켓 and its adapter with a shop of two sites, its open questions answered by `switches`. */
export const play = (act: Play, switches: Switches = {}) => onStage(esmScene(undefined, switches), act)

/** What buyers could buy of an item this moment, by the marketplace's own truth. */
export function sellable(stage: Stage, item: string): number {
  const row = stage.marketplace.doors.truth().items.find((each) => each.item === item)!
  return row.onSale ? row.stock : 0
}

/** The same product or option at the other site. */
export function twinOf(stage: Stage, item: string): string {
  const { items } = stage.marketplace.doors.truth()
  const { sellerCode } = items.find((row) => row.item === item)!
  return items.find((row) => row.sellerCode === sellerCode && row.item !== item)!.item
}
