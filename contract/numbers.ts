import { z } from 'zod'

/** An instant, ISO 8601 in UTC with milliseconds. */
export const instant = z.iso.datetime({ precision: 3 })

/** Whole units, never negative. At most what a PostgreSQL integer holds. */
export const quantity = z.int().min(0).max(2_147_483_647)

/** Whole units that may be negative: available falls below zero when a count displaced orders. */
export const signedQuantity = z.int().min(-2_147_483_648).max(2_147_483_647)

/** Integer won. */
export const won = z.int().min(0).max(Number.MAX_SAFE_INTEGER)
