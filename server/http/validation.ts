import type { FastifySchemaCompiler } from 'fastify'
import type { z } from 'zod'
import { pointerOf } from './json-body.ts'
import { type FieldAtFault, Refused } from './problem.ts'

/** Faults told at most: a list of 200 broken lines need not be answered with 200 sentences. */
const FAULTS_MAX = 20

/** Zod decides; what it refuses names its fields as JSON pointers. */
export const validateWithZod: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart }) =>
  (data: unknown) => {
    const result = schema.safeParse(data)
    if (result.success) return { value: result.data }
    if (httpPart === 'params') {
      return { error: new Refused({ kind: 'not-found', detail: 'There is nothing at this address.' }) }
    }
    const errors = result.error.issues.flatMap(faultsOf).slice(0, FAULTS_MAX)
    const first = errors[0]!
    const where = httpPart === 'querystring' ? 'query' : (httpPart ?? 'body')
    const detail = `The ${where} is wrong at ${first.pointer || 'its top'}: ${first.detail}.`
    return { error: new Refused({ kind: 'invalid-request', detail, errors }) }
  }

function faultsOf(issue: z.core.$ZodIssue): FieldAtFault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: pointerOf([...issue.path, key]), detail: 'there is no such field' }))
  }
  return [{ pointer: pointerOf(issue.path), detail: saidPlainly(issue) }]
}

function saidPlainly(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.input === undefined && !/received/.test(issue.message)) return 'missing'
  return issue.message.replace(/^Invalid input: /, '').replace(/^Invalid (string|key): /, '')
}
