import { SegmentedControl, Skeleton } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Board, BoardVariant, Explanation } from '../../contract/board.ts'
import { explain, worthRepeating } from '../api.ts'
import { usePassed } from '../clock.ts'
import { type Format, useFormat } from '../format.ts'
import { ProblemNotice } from '../problem-notice.tsx'
import { type Question, useAskWhy } from './ask.ts'
import { ListingsPart } from './listings-part.tsx'
import { ReservationsPart, ShortagesPart, WarehousesPart } from './stock-parts.tsx'

const MOMENTS = { now: 0, minuteAgo: 60_000, fiveMinutesAgo: 300_000 } as const
type Moment = keyof typeof MOMENTS

/** While it explains now, the panel follows the board at this pace. */
const FOLLOW_EVERY_MS = 2_000

type StockQuestion = Extract<Question, { about: 'stock' | 'listing' }>
type Props = { question: StockQuestion; board: Board; clockAhead: number }

export function StockWhy({ question, board, clockAhead }: Props) {
  const { t } = useTranslation()
  const format = useFormat()
  const slow = usePassed(200)
  const [moment, setMoment] = useState<{ name: Moment; at: string | null }>({ name: 'now', at: null })
  const query = useQuery({
    queryKey: ['explain', question.sku, moment.at],
    queryFn: ({ signal }) => explain(question.sku, moment.at, signal),
    refetchInterval: (state) => (moment.at === null && state.state.error === null ? FOLLOW_EVERY_MS : false),
    placeholderData: keepPreviousData,
    retry: (failures, error) => failures < 1 && worthRepeating(error),
  })
  const choose = (chosen: string) => {
    const name = (Object.keys(MOMENTS) as Moment[]).find((known) => known === chosen) ?? 'now'
    const at = name === 'now' ? null : new Date(Date.now() + clockAhead - MOMENTS[name]).toISOString()
    setMoment({ name, at })
  }
  const variant = board.variants.find(({ sku }) => sku === question.sku)
  const answer = query.data
  return (
    <>
      <div className="why-when">
        <SegmentedControl
          size="xs"
          aria-label={t('explain.at')}
          value={moment.name}
          onChange={choose}
          data={(Object.keys(MOMENTS) as Moment[]).map((name) => ({ value: name, label: t(`explain.${name}`) }))}
        />
        {answer !== undefined && (
          <time className="small dim numeric" dateTime={answer.at} title={format.exact(answer.at)}>
            {t('explain.asOf', { time: format.time(answer.at) })}
          </time>
        )}
      </div>
      {query.isError && <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />}
      {answer === undefined ? (
        !query.isError && slow && <Skeleton height={320} />
      ) : (
        <Explained question={question} answer={answer} variant={variant} board={board} format={format} />
      )}
    </>
  )
}

function Explained({
  question,
  answer,
  variant,
  board,
  format,
}: {
  question: StockQuestion
  answer: Explanation
  variant: BoardVariant | undefined
  board: Board
  format: Format
}) {
  const { t } = useTranslation()
  const ask = useAskWhy()
  const parts: Record<string, ReactNode> = {
    warehouses: <WarehousesPart key="warehouses" warehouses={answer.warehouses} />,
    reservations: <ReservationsPart key="reservations" reservations={answer.reservations} />,
    shortages: <ShortagesPart key="shortages" shortages={answer.shortages} />,
    listings: <ListingsPart key="listings" listings={answer.listings} first={askedConnection(question, board)} />,
  }
  return (
    <>
      <p className="why-name">{answer.name}</p>
      <div className="formula">
        <span className="formula-value">{format.number(answer.available.value)}</span>
        <span>
          <span className="small dim">{t('explain.formula')}</span>
          <br />
          <span className="numeric" data-testid="formula">
            {answer.available.formula}
          </span>
        </span>
      </div>
      <Sentence question={question} answer={answer} format={format} />
      {variant !== undefined && variant.components.length > 0 && (
        <section className="why-part">
          <h3>{t('explain.components')}</h3>
          <p className="small dim">{t('explain.answer.bundle')}</p>
          <ul className="plain-list">
            {variant.components.map(({ sku, quantity }) => (
              <li key={sku}>
                <button
                  type="button"
                  className="chip-button mono"
                  onClick={() => ask({ about: 'stock', sku, number: 'available' })}
                >
                  {sku} × {format.number(quantity)}
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      {partsInOrder(question).map((name) => parts[name])}
    </>
  )
}

/** What was asked about comes first. */
function partsInOrder(question: StockQuestion): string[] {
  const all = ['warehouses', 'reservations', 'shortages', 'listings']
  const first =
    question.about === 'listing' || question.number === 'exposure'
      ? 'listings'
      : question.number === 'reserved'
        ? 'reservations'
        : question.number === 'short'
          ? 'shortages'
          : 'warehouses'
  return [first, ...all.filter((name) => name !== first)]
}

function askedConnection(question: StockQuestion, board: Board) {
  return question.about === 'listing' ? board.connections.find(({ id }) => id === question.connectionId) : undefined
}

/** The asked number in one sentence, with the numbers it is made of. */
function Sentence({ question, answer, format }: { question: StockQuestion; answer: Explanation; format: Format }) {
  const { t } = useTranslation()
  if (question.about === 'listing') return null
  const text = () => {
    switch (question.number) {
      case 'item':
        return null
      case 'onHand':
        return t('explain.answer.onHand', { parts: sum(answer, format, 'onHand') })
      case 'reserved':
        return t('explain.answer.reserved', { parts: sum(answer, format, 'reserved') })
      case 'available':
        return t('explain.answer.available')
      case 'short':
        return t('explain.answer.short')
      case 'exposure': {
        const rights = answer.listings.reduce((all, listing) => all + (listing.rights ?? 0) * listing.multiplier, 0)
        const value = Math.max(0, rights - answer.available.value)
        return t('explain.answer.exposure', { rights, available: answer.available.value, value })
      }
    }
  }
  const said = text()
  return said === null ? null : <p className="answer">{said}</p>
}

function sum(answer: Explanation, format: Format, number: 'onHand' | 'reserved'): string {
  const parts = answer.warehouses.filter(({ sellable }) => sellable)
  const total = parts.reduce((all, warehouse) => all + warehouse[number], 0)
  return `${parts.map((part) => `${part.name} ${format.number(part[number])}`).join(' + ')} = ${format.number(total)}`
}
