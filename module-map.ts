/**
 * Who may use whom: the one source for the dependency rules and for the diagram in ARCHITECTURE.md.
 *
 * Each module may use only modules above it, so a cycle cannot be written down. A module enters the map
 * with its folder; tools/house-rules.test.ts fails when the two differ.
 */
export const MODULE_MAP = {
  access: [],
  catalog: ['access'],
  inventory: ['catalog'],
  orders: ['catalog', 'inventory'],
  fulfilment: ['orders'],
  channels: ['access', 'catalog', 'inventory', 'orders', 'fulfilment'],
} as const satisfies Record<string, readonly string[]>
