import type { Parcel } from '../../modules/channels/adapter.ts'

/**
 * Whose invoice a marketplace shows for a line that has left. `ours`: nothing is left to tell. `replaced`: one of ours
 * that this parcel puts right. `others`: given without us, in the marketplace's own pages.
 *
 * Carriers are shown by names of the marketplace's, so that only the invoice is compared. Where the carrier alone is put
 * right the number says nothing, and it is told again.
 */
export function whoseInvoice(
  shown: string,
  { invoice, replaces }: Pick<Parcel, 'invoice' | 'replaces'>,
): 'ours' | 'replaced' | 'others' {
  const isShown = (number: string) => number !== '' && plainNumber(number) === plainNumber(shown)
  if (replaces.some((before) => isShown(before.invoice))) return 'replaced'
  return isShown(invoice) ? 'ours' : 'others'
}

/** Some show a number without its dashes, or in capitals. */
const plainNumber = (invoice: string): string => invoice.replaceAll(/[^0-9A-Za-z]/g, '').toUpperCase()
