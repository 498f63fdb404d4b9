import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { BadInput } from '../context.ts'
import { openingOf } from './opening.ts'
import { COLUMNS, readSalesFile } from './sales-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'jaego-sales-'))
afterAll(() => rmSync(folder, { recursive: true }))

const HEADER = COLUMNS.join(',')
const GOOD = '536365,85123A,HEART HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom'

function read(content: string | Buffer) {
  const path = join(folder, 'sales.csv')
  writeFileSync(path, content)
  return readSalesFile(path, () => {})
}

const refused = async (content: string | Buffer) => {
  const error = await read(content).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(BadInput)
  const { file, row, field, message } = error as BadInput
  expect(file).toBe('sales.csv')
  return { row, field, message }
}

const withField = (column: (typeof COLUMNS)[number], value: string): string => {
  const cells = GOOD.split(',')
  cells[COLUMNS.indexOf(column)] = value
  return `${HEADER}\n${GOOD}\n${cells.join(',')}\n`
}

test.each([
  ['Quantity', 'six'],
  ['Quantity', '1.5'],
  ['Quantity', ''],
  ['InvoiceDate', '2010-13-01 08:26:00'],
  ['UnitPrice', 'free'],
  ['InvoiceNo', ''],
  ['StockCode', ' '],
  ['Description', 'a\0b'],
] as const)('a %s of "%s" is told with its file, row and field', async (column, value) => {
  const { row, field, message } = await refused(withField(column, value))
  expect({ row, field }).toEqual({ row: 3, field: column })
  expect(message).toContain(`sales.csv, row 3, ${column}: `)
})

test('a missing, doubled or unknown column is told by name', async () => {
  expect(await refused(`${HEADER.replace(',Quantity', '')}\n`)).toMatchObject({ row: 1, field: 'Quantity' })
  expect(await refused(`${HEADER},Country\n`)).toMatchObject({ row: 1, field: 'Country' })
  expect(await refused(`${HEADER},Colour\n`)).toMatchObject({ row: 1, field: 'Colour' })
  expect((await refused('')).message).toContain('is empty')
})

test('text that is not UTF-8 is told with its row and column, in a plain and in a packed file', async () => {
  const latin = Buffer.concat([
    Buffer.from(`${HEADER}\n${GOOD}\n536366,21730,"GLÜHWEIN, RED `),
    Buffer.from([0xe9]),
    Buffer.from('",1,2010-12-01 08:28:00,1.0,,France\n'),
  ])
  for (const content of [latin, gzipSync(latin)]) {
    const { row, field, message } = await refused(content)
    expect({ row, field }).toEqual({ row: 3, field: 'column 3' })
    expect(message).toContain('not UTF-8')
  }
  expect(await refused(Buffer.from(`\ufeff${HEADER}\n`, 'utf16le'))).toMatchObject({ row: 1 })
})

test('broken quotes and missing fields are told with the row they begin on', async () => {
  expect(
    await refused(`${HEADER}\n${GOOD}\n536366,21730,"RED,1,2010-12-01 08:28:00,1.0,,France\n${GOOD}\n`),
  ).toMatchObject({
    row: 3,
    message: expect.stringContaining('never closed'),
  })
  expect(await refused(`${HEADER}\n536366,21730,"RED"X,1,2010-12-01 08:28:00,1.0,,France\n`)).toMatchObject({ row: 2 })
  expect(await refused(`${HEADER}\n536366,21730,RE"D",1,2010-12-01 08:28:00,1.0,,France\n`)).toMatchObject({ row: 2 })
  expect(await refused(`${HEADER}\n${GOOD}\n536366,21730,RED,1\n`)).toMatchObject({
    row: 3,
    message: expect.stringContaining('4 fields'),
  })
})

test('a gzip that ends early, a folder and a file that is not there are told', async () => {
  expect((await refused(gzipSync(`${HEADER}\n${GOOD}\n`.repeat(1)).subarray(0, 40))).message).toContain('gzip')
  await expect(readSalesFile(folder, () => {})).rejects.toBeInstanceOf(BadInput)
  await expect(readSalesFile(join(folder, 'gone.csv'), () => {})).rejects.toThrow(
    /gone\.csv: cannot be read \(ENOENT\)/,
  )
})

test('the same text is the same file, packed or not, with a byte order mark or without its last line end', async () => {
  const text = `${HEADER}\n${GOOD}\n`
  const plain = await read(text)
  const packed = await read(gzipSync(text))
  expect(packed).toEqual(plain)
  const marked = await read(`\ufeff${HEADER}\r\n${GOOD}`)
  expect({ ...marked, hash: '' }).toEqual({ ...plain, hash: '' })
})

test('columns may stand in any order, and a quoted field may hold commas, quotes and line ends', async () => {
  const { invoices } = await read(
    'Country,InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID,Description\n' +
      'EIRE,1,A1,2,2010-12-01 08:26:00,1.5,,"RED, ""BIG""\nHEART"\nEIRE,1,A2,x,2010-12-01 08:26:00,1.5,,\n',
  ).catch(async (error: BadInput) => {
    // The row after a record of two lines is counted in lines of the file.
    expect(error.row).toBe(4)
    return read(
      'Country,InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID,Description\n' +
        'EIRE,1,A1,2,2010-12-01 08:26:00,1.5,,"RED, ""BIG""\nHEART"\n',
    )
  })
  expect(invoices[0]).toMatchObject({
    country: 'EIRE',
    sold: [{ row: 2, description: 'RED, "BIG"\nHEART', pence: 150 }],
  })
})

test('an opening is the sum of what is sold times the factor, halves up, without binary crumbs', () => {
  const sku = { key: 'A', code: 'A', name: 'A', pence: 0, sold: 45 }
  expect([openingOf(sku, 1), openingOf(sku, 0.7), openingOf(sku, 0.1), openingOf(sku, 0)]).toEqual([45, 32, 5, 0])
})
