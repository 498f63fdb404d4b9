import type { RouteOptions } from 'fastify'
import { z } from 'zod'
import { problem } from '../../contract/problem.ts'
import { PROBLEMS } from './outcomes.ts'

/** A route as the document needs it, with the schemas it validates by. */
export type DocumentedRoute = {
  method: string
  url: string
  summary: string
  open: boolean
  parts: { body?: z.ZodType; querystring?: z.ZodType; params?: z.ZodType }
  answers: Readonly<Record<string, z.ZodType>>
}

export function documented(route: RouteOptions): DocumentedRoute[] {
  const { summary, open = false } = route.config ?? {}
  if (summary === undefined) return []
  const schema = (route.schema ?? {}) as DocumentedRoute['parts'] & { response?: Record<string, unknown> }
  const answers = Object.entries(schema.response ?? {}).filter(
    (answer): answer is [string, z.ZodType] => answer[1] instanceof z.ZodType,
  )
  const { body, querystring, params } = schema
  const parts = {
    ...(body ? { body } : {}),
    ...(querystring ? { querystring } : {}),
    ...(params ? { params } : {}),
  }
  return [route.method]
    .flat()
    .filter((method) => method !== 'HEAD')
    .map((method) => ({ method, url: route.url, summary, open, parts, answers: Object.fromEntries(answers) }))
}

/** OpenAPI 3.1 out of the schemas that validate: what it says and what the server does are one thing. */
export function openApiDocument(routes: readonly DocumentedRoute[], version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const path = route.url.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'jaego', version, description: DESCRIPTION },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key: jaego_…' } },
      schemas: { Problem: jsonSchema(problem, 'output') },
    },
  }
}

const DESCRIPTION =
  'One pool of stock on every channel. Writes take an Idempotency-Key. Refusals are RFC 9457 problems whose types ' +
  `are: ${Object.keys(PROBLEMS).join(', ')}.`

function operation({ method, summary, open, parts, answers }: DocumentedRoute): object {
  const parameters = [
    ...parametersOf(parts.params, 'path'),
    ...parametersOf(parts.querystring, 'query'),
    ...(method === 'POST' && !open ? [IDEMPOTENCY_KEY] : []),
  ]
  return {
    summary,
    security: open ? [] : [{ key: [] }],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(parts.body
      ? {
          requestBody: {
            required: !parts.body.safeParse(undefined).success,
            content: { 'application/json': { schema: jsonSchema(parts.body, 'input') } },
          },
        }
      : {}),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, schema]) => [
          status,
          { description: 'Done', content: { 'application/json': { schema: jsonSchema(schema, 'output') } } },
        ]),
      ),
      default: {
        description: 'Refused',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  }
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'A repeat under the same key does nothing and is answered as the first was.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}

function parametersOf(schema: z.ZodType | undefined, where: 'path' | 'query'): object[] {
  if (!schema) return []
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    properties?: Record<string, object>
    required?: string[]
  }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: property,
  }))
}

/** Draft 2020-12, which is what OpenAPI 3.1 speaks. */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io }) as { $schema?: string }
  return rest
}
