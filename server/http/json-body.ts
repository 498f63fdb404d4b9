import { isUtf8 } from 'node:buffer'
import type { FieldAtFault } from './problem.ts'

/** Deeper than any schema of ours. */
const DEPTH_MAX = 16

/** Its pointer is the empty one where the fault is of the whole text. */
export type Parsed = { value: unknown } | { fault: FieldAtFault }

/**
 * JSON as it must be: UTF-8, every key once, no text a database cannot keep, not deeper than our schemas.
 *
 * JSON.parse lets the last of two equal keys win, so that whoever checked the first one checked nothing; it turns
 * half a surrogate pair into a string that changes when it is stored; and `__proto__` becomes a field of its own.
 */
export function parseJsonBody(body: Buffer): Parsed {
  if (body.length === 0) return { fault: { pointer: '', detail: 'the body is empty' } }
  if (!isUtf8(body)) return { fault: { pointer: '', detail: 'the body is not UTF-8' } }
  const text = body.toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { fault: { pointer: '', detail: 'the body is not JSON' } }
  }
  const walk: Walk = { keys: 0, fault: null }
  look(value, walk, 0, [])
  if (walk.fault) return { fault: walk.fault }
  // Every key in the text must have become a field: colons outside strings are keys.
  return countKeys(text) === walk.keys ? { value } : { fault: firstRepeatedKey(text) }
}

type Walk = { keys: number; fault: FieldAtFault | null }

function look(value: unknown, walk: Walk, depth: number, path: (string | number)[]): void {
  if (typeof value === 'string') {
    if (!isKeepable(value)) walk.fault ??= { pointer: pointerOf(path), detail: 'text that cannot be stored' }
    return
  }
  if (typeof value !== 'object' || value === null) return
  if (depth === DEPTH_MAX) {
    walk.fault ??= { pointer: pointerOf(path), detail: `nested deeper than ${DEPTH_MAX}` }
    return
  }
  const isList = Array.isArray(value)
  for (const key of Object.keys(value)) {
    if (walk.fault) return
    path.push(key)
    if (!isList) {
      walk.keys++
      if (key === '__proto__' || !isKeepable(key)) {
        walk.fault = { pointer: pointerOf(path), detail: 'not a name a field can have' }
        return
      }
    }
    look((value as Record<string, unknown>)[key], walk, depth + 1, path)
    path.pop()
  }
}

/** PostgreSQL keeps no NUL, and half a surrogate pair would be replaced on its way. */
const isKeepable = (text: string): boolean => text.isWellFormed() && !text.includes('\0')

export const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a

function countKeys(text: string): number {
  let keys = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) i = endOfString(text, i)
    else if (code === COLON) keys++
  }
  return keys
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === BACKSLASH) i++
    else if (code === QUOTE) return i
  }
  return text.length
}

/** Only for texts known to be JSON and to repeat a key. */
function firstRepeatedKey(text: string): FieldAtFault {
  const stack: { keys: Set<string> | null; at: string | number }[] = []
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    const top = stack.at(-1)
    if (character === '{') stack.push({ keys: new Set(), at: '' })
    else if (character === '[') stack.push({ keys: null, at: 0 })
    else if (character === '}' || character === ']') stack.pop()
    else if (character === ',' && top && top.keys === null) top.at = Number(top.at) + 1
    else if (character === '"') {
      const end = endOfString(text, i)
      if (top?.keys && /^\s*:/.test(text.slice(end + 1, end + 100))) {
        const key = JSON.parse(text.slice(i, end + 1)) as string
        top.at = key
        if (top.keys.has(key)) {
          return { pointer: pointerOf(stack.map((level) => level.at)), detail: 'the field is there twice' }
        }
        top.keys.add(key)
      }
      i = end
    }
  }
  return { pointer: '', detail: 'a field is there twice' }
}
