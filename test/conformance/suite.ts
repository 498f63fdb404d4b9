import { againRules } from './again-rules.ts'
import { capabilityRules } from './capability-rules.ts'
import { claimRules } from './claim-rules.ts'
import { faultRules } from './fault-rules.ts'
import { fulfilmentRules } from './fulfilment-rules.ts'
import { orderRules } from './order-rules.ts'
import { saleStopRules } from './sale-stop-rules.ts'
import { sellerCancelRules } from './seller-cancel-rules.ts'
import { shippingRules } from './shipping-rules.ts'
import type { Scene } from './stage.ts'
import { stockRules } from './stock-rules.ts'

/** The promises of server/modules/channels/adapter.ts. An adapter is done when these pass against its simulator. */
export function adapterKeepsTheRules(name: string, scene: Scene): void {
  capabilityRules(name, scene)
  stockRules(name, scene)
  orderRules(name, scene)
  fulfilmentRules(name, scene)
  shippingRules(name, scene)
  claimRules(name, scene)
  sellerCancelRules(name, scene)
  saleStopRules(name, scene)
  faultRules(name, scene)
  againRules(name, scene)
}
