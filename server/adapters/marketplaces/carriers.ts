/** jaego's codes (CARRIERS) and a marketplace's own, both ways. */
type CarrierCodes = {
  /** Null for a carrier this marketplace has no code for. */
  codeOf(carrier: string): string | null
  /** jaego's code; null for a carrier jaego has none for. */
  carrierOf(code: string): string | null
}

/** A code of another marketplace's list must never be sent: each adapter brings its own. */
export function openCarrierCodes(codes: Readonly<Record<string, string>>): CarrierCodes {
  const byCarrier = new Map(Object.entries(codes))
  const byCode = new Map(Object.entries(codes).map(([carrier, code]) => [code, carrier]))
  return {
    codeOf: (carrier) => byCarrier.get(carrier) ?? null,
    carrierOf: (code) => byCode.get(code) ?? null,
  }
}
