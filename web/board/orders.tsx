import { memo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { BoardOrder } from '../../contract/board.ts'
import { ChannelDot, useChannelName } from '../channel.tsx'
import { useFormat } from '../format.ts'
import { useAskWhy } from '../why/ask.ts'

/** Orders as they arrive, newest first. While somebody points at the list it stands still and only counts what came. */
export const Orders = memo(function Orders({ orders }: { orders: readonly BoardOrder[] }) {
  const { t } = useTranslation()
  const [held, setHeld] = useState<readonly BoardOrder[] | null>(null)
  const list = useRef<HTMLDivElement>(null)
  const known = new Set(held?.map(({ id }) => id))
  const fresh = held === null ? 0 : orders.filter(({ id }) => !known.has(id)).length
  const newest = new Map(orders.map((order) => [order.id, order]))
  const drawn = held === null ? orders : held.map((order) => newest.get(order.id) ?? order)
  const release = () => {
    setHeld(null)
    list.current?.scrollTo({ top: 0 })
  }
  return (
    <section className="panel side-panel orders" aria-labelledby="orders-title">
      <header className="panel-head">
        <h2 id="orders-title">{t('orders.title')}</h2>
        <span className="spread" />
        {fresh > 0 && (
          <button type="button" className="chip-button" onClick={release}>
            {t('orders.fresh', { value: fresh })}
          </button>
        )}
      </header>
      {orders.length === 0 ? (
        <div className="empty">
          <strong>{t('orders.empty')}</strong>
          <span>{t('orders.emptyNext')}</span>
        </div>
      ) : (
        // biome-ignore lint/a11y/noStaticElementInteractions: pointing here only holds the list still; nothing is to be operated.
        <div
          className="scroll-list"
          ref={list}
          onPointerEnter={() => setHeld(orders)}
          onPointerLeave={(event) => {
            if (!event.currentTarget.contains(document.activeElement)) setHeld(null)
          }}
          onFocus={() => setHeld((before) => before ?? orders)}
          onBlur={(event) => {
            if (!event.currentTarget.contains(event.relatedTarget) && !event.currentTarget.matches(':hover'))
              setHeld(null)
          }}
        >
          <ol>
            {drawn.map((order) => (
              <Order key={order.id} order={order} />
            ))}
          </ol>
        </div>
      )}
    </section>
  )
})

const Order = memo(function Order({ order }: { order: BoardOrder }) {
  const { t } = useTranslation()
  const format = useFormat()
  const channelName = useChannelName()
  const ask = useAskWhy()
  const first = order.lines[0]
  const sku = order.lines.find((line) => line.sku !== null)?.sku ?? null
  return (
    <li className="order">
      <button
        type="button"
        className="order-button"
        onClick={() =>
          ask(sku === null ? { about: 'total', total: 'unmapped' } : { about: 'stock', sku, number: 'reserved' })
        }
      >
        <span className="order-top">
          <ChannelDot channel={order.channel} />
          <span>{channelName(order.channel)}</span>
          <span className="mono dim order-number">{order.number}</span>
          <span className="spread" />
          <time className="numeric dim" dateTime={order.takenAt} title={format.exact(order.takenAt)}>
            {format.time(order.takenAt)}
          </time>
        </span>
        <span className="order-line">
          <span className="order-name">
            {first !== undefined && t('orders.line', { name: first.name, quantity: format.number(first.quantity) })}
            {order.lines.length > 1 && (
              <span className="dim"> {t('orders.more', { value: format.number(order.lines.length - 1) })}</span>
            )}
          </span>
          <span className={`tag tag-order-${order.state}`}>{t(`orders.state.${order.state}`)}</span>
          <span className="numeric">{format.won(order.total)}</span>
        </span>
        {(order.short > 0 || order.unmapped) && (
          <span className="order-tags">
            {order.short > 0 && (
              <span className="tag tag-short">{t('orders.short', { value: format.number(order.short) })}</span>
            )}
            {order.unmapped && <span className="tag tag-unmapped">{t('orders.unmapped')}</span>}
          </span>
        )}
      </button>
    </li>
  )
})
