import { expect, test } from 'vitest'
import { type Client, firstOf, minute, openClient, START } from './contract-client.ts'

const read = (client: Client, prdNo: string) => client.get(`prodmarketservice/prodmarket/stck/${prdNo}`)
const calls = (client: Client, bucket: string) => client.market.doors.calls().find((row) => row.bucket === bucket)
const named = (client: Client, name: string) =>
  client.market.doors.seedProducts(
    [{ name, price: 10, options: [{ optionName: '', sellerCode: 'S', stock: 1, surcharge: 0 }] }],
    client.now,
  )[0]?.item ?? ''

test('answers are EUC-KR bytes and say so in their declaration, in the header only perhaps', () => {
  const client = openClient()
  const prdNo = named(client, '브레이크 패드 ①번')
  const answer = read(client, prdNo)
  expect(answer.headers['content-type']).toBe('text/xml;charset=EUC-KR')
  expect(answer.text.startsWith('<?xml version="1.0" encoding="EUC-KR"')).toBe(true)
  expect(answer.text).toContain('브레이크 패드 ①번')
  expect(() => new TextDecoder('utf-8', { fatal: true }).decode(answer.bytes)).toThrow()
  client.market.switches.charsetInHeader = 'absent'
  expect(read(client, prdNo).headers['content-type']).toBe('text/xml')
})

test('every modern syllable comes through, rare ones as references or as bytes a strict reader does not know', () => {
  const client = openClient()
  const all = Array.from({ length: 11_172 }, (_none, at) => String.fromCharCode(0xac00 + at)).join('')
  const told = read(client, named(client, all)).text
  const plain = told.replace(/&#(\d+);/g, (_whole, digits: string) => String.fromCodePoint(Number(digits)))
  expect([plain.includes(all), told.match(/&#/g)?.length]).toEqual([true, 11_172 - 2_350])

  client.market.switches.repertoire = 'cp949'
  const bytes = Buffer.from(client.raw('GET', `prodmarketservice/prodmarket/stck/${named(client, '갂똠펲힣가')}`).body)
  expect(bytes.toString('latin1')).toMatch(/>\x81\x41\x8c\x63[\x81-\xc6][\x41-\xfe]\xc6\x52\xb0\xa1</)
})

test('what EUC-KR does not have is a reference or a question mark, and what XML does not have is gone', () => {
  const client = openClient()
  const prdNo = named(client, '가😀é\u0000\ud800나&<')
  expect(read(client, prdNo).text).toContain('<ns2:prdNm>가&#128512;&#233;나&amp;&lt;</ns2:prdNm>')
  client.market.switches.unmappable = 'question_mark'
  expect(read(client, prdNo).text).toContain('<ns2:prdNm>가??나&amp;&lt;</ns2:prdNm>')
})

test('a body is read by its declaration: EUC-KR, UTF-8, or whatever its header says', () => {
  const search = '<SearchProduct><prdNo>9105000001</prdNo><limit>1</limit></SearchProduct>'
  const client = openClient()
  named(client, '가')
  const eucKr = new Uint8Array([...new TextEncoder().encode(`${search}<!--`), 0xb0, 0xa1, 0x2d, 0x2d, 0x3e])
  for (const body of [`<?xml version="1.0" encoding="euc-kr"?>${search}`, search, eucKr]) {
    expect(client.send('POST', 'prodmarketservice/prodmarket', body).rows.length).toBe(1)
  }
  const option = '<Product><ProductOption><colValue0>가</colValue0><colCount>1</colCount></ProductOption></Product>'
  const bytes = (text: string) =>
    new Uint8Array([...text].flatMap((letter) => (letter === '가' ? [0xb0, 0xa1] : [letter.charCodeAt(0)])))
  const save = (body: Uint8Array | string, headers = {}) => {
    client.send('POST', 'prodservices/updateProductOption/9105000001', body, headers)
    return read(client, '9105000001').rows.map((row) => row.mixDtlOptNm)
  }
  expect(save(bytes(option), { 'content-type': 'text/xml;charset=euc-kr' })).toEqual(['가'])
  expect(save(option.replace('가', '나'), { 'content-type': 'application/xml' })).toEqual(['나'])
  expect(save(bytes(`<?xml version="1.0" encoding="EUC-KR"?>${option}`))).toEqual(['가'])
  const couldBeUtf8 = bytes(`<?xml version="1.0" encoding="EUC-KR"?>${option.replace('가', '\u00c2\u00a1')}`)
  expect(save(couldBeUtf8)).toEqual([new TextDecoder('euc-kr').decode(new Uint8Array([0xc2, 0xa1]))])
})

test('a wrong, missing or expired key is HTTP 200 with -1, or 500 in the words of the product calls', () => {
  const client = openClient()
  const prdNo = client.seedPlain(1)
  for (const openapikey of ['', 'another']) {
    const list = client.send('GET', 'ordservices/complete/1/2', '', { openapikey })
    expect([list.status, list.code, list.says]).toEqual([
      200,
      '-1',
      '주문/클레임 조회 오류 MSG : OpenAPI Key 에 해당하는 유저가 없습니다.',
    ])
    expect(client.send('GET', 'claimservice/cancelreqconf/1/2/3', '', { openapikey }).code).toBe('-1')
    expect(client.send('PUT', `prodservices/stockqty/${prdNo}`, '', { openapikey }).code).toBe('500')
  }
  client.market.switches.keyExpiresAt = START + 1
  expect(read(client, prdNo).rows.length).toBe(1)
  client.now += 1
  expect(read(client, prdNo).code).toBe('-1')
  client.market.switches.keyExpiresAt = 0
  client.market.switches.callerAddress = 'unknown'
  expect(read(client, prdNo).code).toBe('-1')
})

test('an unknown path, method or number of parts is a page of the web server', () => {
  const client = openClient()
  for (const [method, path] of [
    ['GET', 'ordservices/nothing'],
    ['POST', 'ordservices/complete/1'],
    ['GET', 'ordservices/complete'],
    ['GET', 'ordservices/complete/1/2/3'],
    ['GET', 'ordservices/reqdelivery/1/2/3/4/5/6'],
    ['GET', `claimservice/${'1/'.repeat(100)}`],
  ] as const) {
    const answer = client.send(method, path)
    expect([answer.status, answer.headers['content-type']]).toEqual([404, 'text/html'])
  }
})

test('maintenance answers -1000 in every family and does nothing, on Friday at dawn if so wished', () => {
  const client = openClient({ maintenance: 'friday_dawn' })
  const prdNo = client.seedPlain(1)
  const codes = () =>
    [
      read(client, prdNo),
      client.get('claimservice/cancelreqconf/1/2/3'),
      client.send('PUT', `prodstatservice/stat/stopdisplay/${prdNo}`),
    ].map((answer) => answer.code)
  client.now = Date.UTC(2026, 10, 19, 16, 0) // Friday, 01:00 in Korea
  expect(codes()).toEqual(['-1000', '-1000', '-1000'])
  expect(client.buy(prdNo)).not.toBe('sold_out')
  client.now = START
  expect(read(client, prdNo).code).toBe('')
  client.market.switches.maintenance = 'now'
  expect(codes()[0]).toBe('-1000')
})

test('a call too many in a sliding second is 429 for a while, with the wait told or not', () => {
  const client = openClient({ limits: 'on' })
  const prdNo = client.seedPlain(1)
  const status = () => read(client, prdNo).status
  client.now += 900
  expect([status(), status()]).toEqual([200, 200])
  client.now += 200
  const refused = read(client, prdNo)
  expect([refused.status, refused.headers['retry-after']]).toEqual([429, '10'])
  client.now += 9_999
  client.market.switches.retryAfter = 'absent'
  expect(read(client, prdNo).headers['retry-after']).toBeUndefined()
  client.now += 1
  expect(status()).toBe(200)
  expect(calls(client, 'key')).toEqual({ bucket: 'key', taken: 3, refused: 2 })
})

test('the second is a whole one: a third call 999 ms after two is too many, and at 1,000 ms is not', () => {
  for (const [wait, status] of [
    [999, 429],
    [1_000, 200],
  ] as const) {
    const client = openClient({ limits: 'on' })
    const prdNo = client.seedPlain(1)
    for (let i = 0; i < 2; i++) read(client, prdNo)
    client.now += wait
    expect(read(client, prdNo).status).toBe(status)
  }
})

test('a client that keeps the pace is never refused; without limits calls are still counted', () => {
  const paced = openClient({ limits: 'on' })
  const free = openClient()
  for (let i = 0; i < 20; i++) {
    expect(paced.get('ordservices/complete/1').status).toBe(200)
    expect(free.get('ordservices/complete/1').status).toBe(200)
    paced.now += 500
  }
  for (const client of [paced, free]) expect(calls(client, 'key')).toEqual({ bucket: 'key', taken: 20, refused: 0 })
})

test('a call without a key uses up nobody’s budget, and a forced 429 is counted apart', () => {
  const client = openClient({ limits: 'on' })
  const prdNo = client.seedPlain(1)
  for (let i = 0; i < 5; i++) client.send('GET', 'ordservices/complete/1', '', { openapikey: 'x' })
  expect(read(client, prdNo).status).toBe(200)
  client.faults.rateLimitedUntil = client.now + 30_000
  expect(read(client, prdNo).headers['retry-after']).toBe('30')
  expect([calls(client, 'key')?.refused, calls(client, 'forced')?.refused]).toEqual([0, 1])
})

test('rows keep the literal text null, and every tag may come twice', () => {
  const client = openClient()
  client.buy(client.seedPlain(1))
  const row = firstOf(client.list('complete'))
  expect([row.plcodrCnfDt, row.ordDlvReqCont, row.dlvMthdCd, row.invcNo]).toEqual(['null', 'null', 'null', ''])
  client.market.switches.doubledTags = true
  const path = `ordservices/complete/${minute(client.now)}/${minute(client.now + 60_000)}`
  expect(client.get(path).text).toContain(`<ordNo>${row.ordNo}</ordNo><ordNo>${row.ordNo}</ordNo>`)
})
