import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Board, BoardConnection, BoardVariant } from '../../contract/board.ts'
import { ChannelDot, useConnectionName } from '../channel.tsx'
import { type Format, useFormat } from '../format.ts'
import { type StockNumber, type TotalKey, useAskWhy } from './ask.ts'

/** What a total counts, and where its units are. */
export function TotalWhy({ total, board }: { total: TotalKey; board: Board }) {
  const { t } = useTranslation()
  const format = useFormat()
  const where = placesOf(total, board, format, useConnectionName())
  return (
    <>
      <p className="total-value">{totalText(total, board, format)}</p>
      <p className="answer">{t(`totalWhy.${total}`)}</p>
      {where !== null && (
        <section className="why-part">
          <h3>{t('totalWhy.where')}</h3>
          {where.length === 0 ? (
            <p className="dim small">{t('totalWhy.nowhere')}</p>
          ) : (
            <ul className="plain-list">{where}</ul>
          )}
        </section>
      )}
    </>
  )
}

function totalText(total: TotalKey, { totals }: Board, format: Format): string {
  switch (total) {
    case 'lag':
    case 'intakeLag': {
      const lag = totals[total]
      return lag === null ? '–' : `p50 ${format.duration(lag.p50)} · p99 ${format.duration(lag.p99)}`
    }
    case 'exposure':
      return `${format.number(totals.exposure.structural)} + ${format.number(totals.exposure.stale)}`
    default:
      return format.number(totals[total])
  }
}

/** Null where the board does not hold the places. */
function placesOf(
  total: TotalKey,
  board: Board,
  format: Format,
  nameOf: (connection: BoardConnection) => string,
): ReactNode[] | null {
  switch (total) {
    case 'soldTwice':
    case 'shortUnits':
      return variantsWith(board, 'short')
    case 'exposure':
      return variantsWith(board, 'exposure')
    case 'lag':
    case 'intakeLag':
      return board.connections.map((connection) => {
        const lag = connection[total]
        return (
          <li key={connection.id}>
            <ChannelDot channel={connection.channel} /> {nameOf(connection)}{' '}
            <span className="numeric">
              {lag === null ? '–' : `p50 ${format.duration(lag.p50)} · p99 ${format.duration(lag.p99)}`}
            </span>
          </li>
        )
      })
    case 'unmapped':
      return board.orders
        .filter(({ unmapped }) => unmapped)
        .map((order) => (
          <li key={order.id}>
            <ChannelDot channel={order.channel} /> <span className="mono">{order.number}</span>{' '}
            {order.lines
              .filter(({ sku }) => sku === null)
              .map(({ name }) => name)
              .join(', ')}
          </li>
        ))
    default:
      return null
  }
}

const MOST_PLACES = 100

function variantsWith(board: Board, number: StockNumber): ReactNode[] {
  return board.variants
    .filter((variant) => variant[number] > 0)
    .slice(0, MOST_PLACES)
    .map((variant) => <Place key={variant.id} variant={variant} number={number} />)
}

function Place({ variant, number }: { variant: BoardVariant; number: StockNumber }) {
  const format = useFormat()
  const ask = useAskWhy()
  return (
    <li>
      <button type="button" className="chip-button" onClick={() => ask({ about: 'stock', sku: variant.sku, number })}>
        <span className="mono">{variant.sku}</span> {variant.name}{' '}
        <strong className="numeric">{format.number(variant[number])}</strong>
      </button>
    </li>
  )
}
