import type { Dated } from '../timeline.ts'

/** Pages are cut after a row and not at a count, so rows that leave meanwhile make none be skipped. */
export type PageKey = Dated | null

export const MOST_PER_PAGE = 50

export const tellPageKey = (row: Dated) => `${row.at}_${row.seq}`

/** Absent and '' both mean the first page. */
export function readPageKey(token: string | undefined): PageKey | 'bad' {
  if (token === undefined || token === '') return null
  const [, at, seq] = /^(\d{1,15})_(\d{1,15})$/.exec(token) ?? []
  return at === undefined ? 'bad' : { at: Number(at), seq: Number(seq) }
}

/** Default and largest 50; null when it is not allowed. */
export function readPageSize(size: string | undefined): number | null {
  if (size === undefined) return MOST_PER_PAGE
  return /^\d{1,3}$/.test(size) && Number(size) >= 1 && Number(size) <= MOST_PER_PAGE ? Number(size) : null
}
