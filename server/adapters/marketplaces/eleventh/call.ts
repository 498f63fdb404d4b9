import type { HttpRequest } from '../../../kernel/http-port.ts'
import { type Account, type AdapterDeps, ChannelFault } from '../../../modules/channels/adapter.ts'
import { sayable } from '../answers.ts'
import { noAnswer } from '../no-answer.ts'
import { readAnswer } from './body.ts'
import { KEY } from './capabilities.ts'
import { accountFault, faultOf } from './faults.ts'
import type { XmlElement } from './xml.ts'

export type EleventhCall = {
  method: HttpRequest['method']
  /** After `/rest/`, encoded. Orders and claims are changed by GETs with their data in here: it enters no error. */
  path: string
  /** XML without its declaration. */
  body?: string
  /** The answer's root elements as the contract has them. */
  roots: readonly string[]
}

/** `code`: the answer's result_code or resultCode, null where rows came instead. `said`: code and text, fit for an error. */
export type Answer = { root: XmlElement; code: number | null; says: string; said: string }

/**
 * One call of the Open API, never repeated here. Gives every answer of the contract, of success or not: what a code
 * means depends on the call. Throws ChannelFault for anything else, and where key, address or hours are refused.
 */
export type Ask = (call: EleventhCall) => Promise<Answer>

const DEFAULT_TIMEOUT_MS = 10_000

/** Public clients wait so long after the first, second, … refusal in a row. */
const PAUSES_MS = [10_000, 20_000, 40_000, 60_000]
const LONGEST_PAUSE_MS = 10 * 60_000

export function openCalls(account: Account, deps: AdapterDeps): Ask {
  const key = account.credentials.openApiKey ?? ''
  const baseUrl = account.baseUrl.replace(/\/+$/, '')
  const timeoutMs = Number(account.settings.timeoutMs ?? DEFAULT_TIMEOUT_MS)
  const oneFlight = account.settings.oneFlight !== false
  const say = (text: string) => sayable(text, [key])
  let flight: Promise<unknown> = Promise.resolve()
  let refusedInARow = 0

  async function send(call: EleventhCall): Promise<Answer> {
    await deps.spend(KEY)
    const outcome = await deps.http.send({
      method: call.method,
      url: `${baseUrl}/rest/${call.path}`,
      headers: [
        ['openapikey', key],
        ['Accept', 'application/xml, text/xml'],
        ...(call.body === undefined ? [] : [['Content-Type', 'application/xml; charset=UTF-8'] as const]),
      ],
      body: call.body === undefined ? null : new TextEncoder().encode(DECLARATION + call.body),
      deadlineMs: timeoutMs,
    })
    if (outcome.kind !== 'answered') throw noAnswer(outcome)
    const { status, headers, body } = outcome.response
    if (status !== 429) refusedInARow = 0
    const read = readAnswer(body, headers.get('content-type') ?? '')
    if (status === 200 && read.kind === 'xml') return answerOf(read.root, call.roots, say)
    throw faultOf(status, read, status === 429 ? pauseOf(headers.get('retry-after'), refusedInARow++) : 0)
  }

  const learning = async (call: EleventhCall): Promise<Answer> => {
    try {
      return await send(call)
    } catch (error) {
      if (error instanceof ChannelFault && error.pauseMs !== null && error.code !== 'refused' && isTheirs(error)) {
        deps.learn(KEY, { remaining: 0, pauseMs: error.pauseMs })
      }
      throw error
    }
  }

  return (call) => {
    if (!oneFlight) return learning(call)
    const answer = flight.then(() => learning(call))
    flight = answer.catch(() => {})
    return answer
  }
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

/** A pause our own budget asks for is nothing it could learn from. */
function isTheirs(fault: ChannelFault): boolean {
  return fault.said.startsWith('429') || fault.said.startsWith('closed')
}

function pauseOf(retryAfter: string | undefined, before: number): number {
  const told = /^\d{1,6}$/.test(retryAfter ?? '') ? Number(retryAfter) * 1_000 : 0
  const ours = PAUSES_MS[Math.min(before, PAUSES_MS.length - 1)]!
  return Math.min(LONGEST_PAUSE_MS, told > 0 ? told : ours)
}

function answerOf(root: XmlElement, roots: readonly string[], say: (text: string) => string): Answer {
  const texts = new Map(root.children.map(({ name, text }) => [name, text.trim()]))
  const told = texts.get('result_code') ?? texts.get('resultCode')
  const says = texts.get('result_text') ?? texts.get('message') ?? ''
  if (told === undefined) {
    if (!roots.includes(root.name)) throw new ChannelFault('garbled', `an answer called ${root.name.slice(0, 40)}`)
    return { root, code: null, says, said: '' }
  }
  if (!/^-?\d{1,6}$/.test(told) || !ENVELOPES.includes(root.name)) {
    throw new ChannelFault('garbled', 'an answer with a code that is none')
  }
  const code = Number(told)
  const said = say(`${code} ${says}`)
  const fault = accountFault(code, says, said)
  if (fault !== null) throw fault
  return { root, code, says, said }
}

/** Lists, order actions, products: the three ways in which it tells how a call went, always with HTTP 200. */
const ENVELOPES = ['orders', 'ResultOrder', 'ClientMessage']
