import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { PassThrough, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { CsvError, parse } from 'csv-parse'
import { BadInput } from '../context.ts'

/** A record longer than this is a quote that was never closed. Bytes. */
const MOST_OF_A_RECORD = 1_000_000

/**
 * Streams a CSV, gzipped or not, and hands over its rows with the line each begins on (the header is 1). Answers the
 * SHA-256 of the text, so that the same data has the same name however it was packed.
 *
 * Throws BadInput for a file that cannot be read, is no UTF-8 or has broken quotes. What `onRow` throws comes out.
 */
export async function readRows(
  path: string,
  onRow: (cells: readonly string[], row: number) => void,
  onBytes: (done: number, total: number) => void,
): Promise<string> {
  const file = basename(path)
  const { gzipped, size } = await look(path, file)
  const hash = createHash('sha256')
  let read = 0
  let nextRow = 1
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      read += chunk.length
      onBytes(read, size)
      done(null, chunk)
    },
  })
  const parser = parse({
    bom: true,
    max_record_size: MOST_OF_A_RECORD,
    // Every row is used up here: nothing gathers behind the parser.
    on_record: (cells: string[], { lines }) => {
      onRow(cells, nextRow)
      nextRow = lines + 1
      return null
    },
  })
  parser.resume()
  try {
    const unpacked = gzipped ? createGunzip() : new PassThrough()
    await pipeline(createReadStream(path), counted, unpacked, onlyUtf8(file, hash), parser)
  } catch (error) {
    throw told(error, file, nextRow)
  }
  return hash.digest('hex')
}

async function look(path: string, file: string): Promise<{ gzipped: boolean; size: number }> {
  try {
    const { size } = await stat(path)
    const handle = await open(path)
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0)
      return { gzipped: bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b, size }
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw new BadInput(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, { file })
  }
}

/** Lets whole lines through as long as they are UTF-8, and names the line and column of the first byte that is not. */
function onlyUtf8(file: string, hash: { update(bytes: Buffer): unknown }): Transform {
  let rest: Buffer = Buffer.alloc(0)
  let lines = 0
  const check = (bytes: Buffer): Error | null => {
    if (isUtf8(bytes)) return null
    let from = 0
    for (;;) {
      const end = bytes.indexOf(10, from)
      const line = bytes.subarray(from, end === -1 ? bytes.length : end)
      if (!isUtf8(line)) return notUtf8(file, lines + 1, line)
      lines += 1
      from = end + 1
    }
  }
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      const end = bytes.lastIndexOf(10) + 1
      if (bytes.length - end > MOST_OF_A_RECORD) {
        done(new BadInput(`is longer than ${MOST_OF_A_RECORD} bytes`, { file, row: lines + 1 }))
        return
      }
      const whole = bytes.subarray(0, end)
      rest = bytes.subarray(end)
      const fault = check(whole)
      if (!fault) for (const byte of whole) if (byte === 10) lines += 1
      done(fault, whole)
    },
    flush(done) {
      done(check(rest), rest)
    },
  })
}

function notUtf8(file: string, row: number, line: Buffer): BadInput {
  // A beginning that can still become text stays so when it is cut shorter: the border is found by halving.
  let good = 0
  let bad = line.length
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (isUtf8(line.subarray(0, middle)) || isBegun(line.subarray(0, middle))) good = middle
    else bad = middle
  }
  const before = line
    .subarray(0, good)
    .toString('utf8')
    .replace(/"[^"]*"/g, '')
  const column = before.split(',').length
  return new BadInput('is not UTF-8 text; convert the file first, for example with iconv -f latin1 -t utf-8', {
    file,
    row,
    field: `column ${column}`,
  })
}

/** Ends inside a character that may still become a good one: up to three bytes of four. */
function isBegun(bytes: Buffer): boolean {
  for (let cut = 1; cut <= 3 && cut <= bytes.length; cut++) {
    const lead = bytes[bytes.length - cut]!
    const wants = lead >= 0xf0 && lead < 0xf5 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0
    if (lead >= 0xc0) return wants > cut && lead < 0xf5 && isUtf8(bytes.subarray(0, bytes.length - cut))
  }
  return false
}

const QUOTES: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened and never closed',
  CSV_MAX_RECORD_SIZE: 'a quote is opened and not closed for very long',
  INVALID_OPENING_QUOTE: 'a quote stands inside an unquoted field',
  CSV_INVALID_CLOSING_QUOTE: 'something follows a closing quote',
}

function told(error: unknown, file: string, row: number): unknown {
  if (error instanceof CsvError) {
    if (error.code.includes('INCONSISTENT')) {
      const expected = (error as unknown as { record?: unknown[] }).record?.length
      return new BadInput(`has ${expected ?? 'another number of'} fields, not as many as the header`, { file, row })
    }
    const column = (error as unknown as { column?: number | string }).column
    const field = typeof column === 'number' ? `column ${column + 1}` : (column ?? '')
    return new BadInput(QUOTES[error.code] ?? error.message, { file, row, field })
  }
  const code = (error as { code?: string }).code ?? ''
  if (code.startsWith('Z_')) return new BadInput(`is no whole gzip file (${code})`, { file })
  if (['ENOENT', 'EISDIR', 'EACCES', 'EIO'].includes(code)) return new BadInput(`cannot be read (${code})`, { file })
  return error
}
