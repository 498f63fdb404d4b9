import type { Call } from './gate.ts'

/** What a worker may be asking Naver or Coupang when it dies, told by the call alone. */
export const QUESTIONS = {
  stop: ({ path, body }) => isStatus(path, body, '"SUSPENSION"') || path.endsWith('/sales/stop'),
  set: ({ method, path }) => path.endsWith('/multi-update') || (method === 'PUT' && path.includes('/quantities/')),
  resume: ({ path, body }) => isStatus(path, body, '"SALE"') || path.endsWith('/sales/resume'),
  look: ({ method, path }) =>
    method === 'GET' && (/\/origin-products\/\d+$/.test(path) || path.endsWith('/inventories')),
  acknowledge: ({ path }) => /\/(product-orders\/confirm|ordersheets\/acknowledgement)$/.test(path),
  ship: ({ path }) => /\/(product-orders\/dispatch|orders\/invoices)$/.test(path),
  approve: ({ path }) => /\/(claim\/cancel\/approve|returnRequests\/\d+\/stoppedShipment)$/.test(path),
  cancel: ({ path }) => /\/(claim\/cancel\/request|orders\/\d+\/cancel)$/.test(path),
  collect: ({ method, path }) =>
    method === 'GET' && (path.includes('/last-changed-statuses') || path.includes('/ordersheets?')),
} satisfies Record<string, (call: Call) => boolean>

export type Question = keyof typeof QUESTIONS

const isStatus = (path: string, body: string, to: string): boolean =>
  path.endsWith('/change-status') && body.includes(to)
