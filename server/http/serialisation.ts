import type { RouteOptions } from 'fastify'
import { z } from 'zod'

/**
 * Answers are written by functions compiled from the contract's schemas: faster than JSON.stringify, and a field the
 * contract does not know stays in the house.
 */
export function compileAnswers(route: RouteOptions): void {
  const schema = route.schema as { response?: Record<string, unknown> } | undefined
  if (!schema?.response) return
  route.schema = {
    ...schema,
    response: Object.fromEntries(
      Object.entries(schema.response).map(([status, answer]) => [
        status,
        answer instanceof z.ZodType ? writable(answer) : answer,
      ]),
    ),
  }
}

const writable = (schema: z.ZodType): object => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'output', target: 'draft-7', reused: 'inline' }) as {
    $schema?: string
  }
  return simpler(rest) as object
}

/** What only a reader of the answer would check costs the writer time, and `null or X` is a type of its own. */
function simpler(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(simpler)
  if (typeof schema !== 'object' || schema === null) return schema
  const { pattern: _p, format: _f, minimum: _min, maximum: _max, ...rest } = schema as Record<string, unknown>
  const { anyOf, ...others } = rest
  if (Array.isArray(anyOf) && anyOf.length === 2) {
    const [one, other] = anyOf as [{ type?: unknown }, { type?: unknown }]
    if (
      other.type === 'null' &&
      typeof one.type === 'string' &&
      !('enum' in one) &&
      one.type !== 'object' &&
      one.type !== 'array'
    ) {
      return { ...others, type: [one.type, 'null'] }
    }
  }
  return Object.fromEntries(Object.entries(rest).map(([name, part]) => [name, simpler(part)]))
}
