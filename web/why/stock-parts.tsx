import { useTranslation } from 'react-i18next'
import type { Explanation } from '../../contract/board.ts'
import { useFormat } from '../format.ts'

export function WarehousesPart({ warehouses }: { warehouses: Explanation['warehouses'] }) {
  const { t } = useTranslation()
  const format = useFormat()
  if (warehouses.length === 0) return null
  return (
    <section className="why-part">
      <h3>{t('explain.warehouses')}</h3>
      {warehouses.map((warehouse) => (
        <div key={warehouse.code} className="why-block">
          <h4>
            {warehouse.name} <span className="mono dim">{warehouse.code}</span>
            {!warehouse.sellable && <span className="tag tag-paused">{t('explain.notSellable')}</span>}
            <span className="spread" />
            <span className="numeric">
              {t('stock.onHand')} {format.number(warehouse.onHand)} · {t('stock.reserved')}{' '}
              {format.number(warehouse.reserved)}
            </span>
          </h4>
          <Movements movements={warehouse.movements} name={warehouse.name} />
        </div>
      ))}
    </section>
  )
}

type Movement = Explanation['warehouses'][number]['movements'][number]

function Movements({ movements, name }: { movements: readonly Movement[]; name: string }) {
  const { t } = useTranslation()
  const format = useFormat()
  if (movements.length === 0) return <p className="small dim">{t('explain.noMovements')}</p>
  return (
    <table className="why-table" aria-label={`${name} ${t('explain.movements')}`}>
      <thead>
        <tr>
          <th scope="col">{t('explain.table.when')}</th>
          <th scope="col">{t('explain.table.what')}</th>
          <th scope="col" className="right">
            {t('explain.table.onHand')}
          </th>
          <th scope="col" className="right">
            {t('explain.table.reserved')}
          </th>
          <th scope="col">{t('explain.table.reason')}</th>
        </tr>
      </thead>
      <tbody>
        {movements.map((movement) => (
          <tr key={movement.version}>
            <td className="numeric nowrap">
              <time dateTime={movement.at} title={format.exact(movement.at)}>
                {format.time(movement.at)}
              </time>
            </td>
            <td className="nowrap" title={t('explain.version', { value: movement.version })}>
              {t(`explain.movement.${movement.kind}`)}
            </td>
            <td className="numeric right nowrap">
              <Delta delta={movement.onHandDelta} after={movement.onHandAfter} />
            </td>
            <td className="numeric right nowrap">
              <Delta delta={movement.reservedDelta} after={movement.reservedAfter} />
            </td>
            <td>
              {movement.reason} <span className="mono dim">{movement.cause}</span>{' '}
              <span className="dim">{t('explain.by', { actor: movement.actor })}</span>
              {movement.note !== null && <span className="dim"> “{movement.note}”</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Delta({ delta, after }: { delta: number; after: number }) {
  const format = useFormat()
  if (delta === 0) return <span className="dim">{format.number(after)}</span>
  return (
    <>
      <span className={delta > 0 ? 'delta-up' : 'delta-down'}>
        {delta > 0 ? '+' : '−'}
        {format.number(Math.abs(delta))}
      </span>{' '}
      → {format.number(after)}
    </>
  )
}

export function ReservationsPart({ reservations }: { reservations: Explanation['reservations'] }) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <section className="why-part">
      <h3>{t('explain.reservations')}</h3>
      {reservations.length === 0 ? (
        <p className="small dim">{t('explain.noReservations')}</p>
      ) : (
        <table className="why-table" aria-label={t('explain.reservations')}>
          <thead>
            <tr>
              <th scope="col">{t('explain.table.ref')}</th>
              <th scope="col">{t('explain.table.state')}</th>
              <th scope="col" className="right">
                {t('explain.table.quantity')}
              </th>
            </tr>
          </thead>
          <tbody>
            {reservations.map((reservation) => (
              <tr key={`${reservation.source} ${reservation.ref}`}>
                <td>
                  <span className="dim">{reservation.source}</span> <span className="mono">{reservation.ref}</span>
                </td>
                <td>
                  {t(`explain.${reservation.state}`)}
                  {reservation.expiresAt !== null && (
                    <span className="dim numeric">
                      {' '}
                      {t('explain.until', { time: format.time(reservation.expiresAt) })}
                    </span>
                  )}
                </td>
                <td className="numeric right">{format.number(reservation.quantity)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

export function ShortagesPart({ shortages }: { shortages: Explanation['shortages'] }) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <section className="why-part">
      <h3>{t('explain.shortages')}</h3>
      {shortages.length === 0 ? (
        <p className="small dim">{t('explain.noShortages')}</p>
      ) : (
        <ul className="plain-list">
          {shortages.map((shortage) => (
            <li key={`${shortage.ref} ${shortage.since}`}>
              <span className="mono">{shortage.ref}</span>{' '}
              <strong className="numeric tone-bad">{format.number(shortage.open)}</strong>{' '}
              <span className="dim numeric" title={format.exact(shortage.since)}>
                {t('explain.since', { time: format.time(shortage.since) })}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
