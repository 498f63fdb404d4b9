/** SKUs are one thing whatever their letter case, as they are on a shelf label: 84029e and 84029E. */
export const normaliseSku = (sku: string): string => sku.normalize('NFC').trim().toUpperCase()
