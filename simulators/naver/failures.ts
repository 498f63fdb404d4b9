/** Null when done, else the code and words of the failure. */
export type Failure = { code: string; message: string } | null

export const ALREADY: Failure = { code: '105306', message: '이미 요청한 상태입니다.' }
export const WRONG_STATUS: Failure = { code: '104442', message: '상품주문 상태를 확인해 주세요.' }
export const NOT_CONFIRMED: Failure = { code: '104443', message: '발주 상태를 확인해 주세요.' }
