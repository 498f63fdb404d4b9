import { IconAlertTriangle } from '@tabler/icons-react'
import { memo, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { BoardConnection, BoardListing, BoardVariant } from '../../contract/board.ts'
import { faultWords, useConnectionName } from '../channel.tsx'
import { useFlash } from '../flash.ts'
import { useFormat } from '../format.ts'
import { ListingMark } from './listing-mark.tsx'
import { differs, listingsOf, shown } from './shown.ts'
import { ROW_HEIGHT } from './window.ts'

type Props = {
  variant: BoardVariant
  connections: readonly BoardConnection[]
  index: number
  template: string
  /** The column that Tab reaches, or −1 when Tab reaches another row. */
  tabColumn: number
}

export const StockRow = memo(function StockRow({ variant, connections, index, template, tabColumn }: Props) {
  const { t } = useTranslation()
  const last = connections.length + 5
  const tab = (column: number) => (tabColumn === column ? 0 : -1)
  return (
    // biome-ignore lint/a11y/useSemanticElements: see the grid.
    <div
      role="row"
      tabIndex={-1}
      aria-rowindex={index + 2}
      className={index % 2 === 0 ? 'grid-row' : 'grid-row grid-row-odd'}
      style={{ gridTemplateColumns: template, transform: `translateY(${index * ROW_HEIGHT}px)`, height: ROW_HEIGHT }}
      data-variant={variant.id}
      data-sku={variant.sku}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: see the grid. */}
      <div role="rowheader" tabIndex={-1} aria-colindex={1} className="cell cell-item">
        <button type="button" className="cell-button" tabIndex={tab(0)} data-cell={0}>
          <span className="item-name">
            {variant.components.length > 0 && <span className="tag tag-bundle">{t('stock.bundle')}</span>}{' '}
            {variant.name}
          </span>
          <span className="item-sku mono">{variant.sku}</span>
          <span className="visually-hidden">{t('why')}</span>
        </button>
      </div>
      <NumberCell column={1} tab={tab(1)} what={t('stock.onHand')} value={variant.onHand} />
      <NumberCell column={2} tab={tab(2)} what={t('stock.reserved')} value={variant.reserved} />
      <NumberCell
        column={3}
        tab={tab(3)}
        what={t('stock.available')}
        value={variant.available}
        tone={variant.available < 0 ? 'bad' : 'strong'}
      />
      <NumberCell
        column={4}
        tab={tab(4)}
        what={t('stock.shortage')}
        value={variant.short}
        tone={variant.short > 0 ? 'bad' : 'quiet'}
      />
      {connections.map((connection, i) => (
        <ChannelCell
          key={connection.id}
          column={5 + i}
          tab={tab(5 + i)}
          connection={connection}
          listings={listingsOf(variant, connection.id)}
        />
      ))}
      <NumberCell
        column={last}
        tab={tab(last)}
        what={t('stock.exposure')}
        value={variant.exposure}
        tone={variant.exposure > 0 ? 'warn' : 'quiet'}
      />
    </div>
  )
})

type Tone = 'plain' | 'strong' | 'quiet' | 'warn' | 'bad'

function NumberCell({
  column,
  tab,
  what,
  value,
  tone = 'plain',
}: {
  column: number
  tab: number
  what: string
  value: number
  tone?: Tone
}) {
  const format = useFormat()
  return (
    <Cell column={column} tab={tab} value={value} what={what}>
      <span className={`number tone-${value === 0 && tone === 'plain' ? 'quiet' : tone}`}>{format.number(value)}</span>
    </Cell>
  )
}

function ChannelCell({
  column,
  tab,
  connection,
  listings,
}: {
  column: number
  tab: number
  connection: BoardConnection
  listings: readonly BoardListing[]
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const what = t('stock.shows', { channel: useConnectionName()(connection) })
  const listing = listings[0]
  if (listing === undefined) {
    return (
      <Cell column={column} tab={tab} value={null} what={what}>
        <span className="number tone-quiet" title={t('stock.notListed')}>
          –
        </span>
      </Cell>
    )
  }
  const now = shown(listing)
  const text = now === null ? t('stock.unknown') : format.number(now)
  const off = differs(listing) || (now === null && listing.desired !== null)
  return (
    <Cell column={column} tab={tab} value={`${now} ${listing.state}`} what={what}>
      <span className="channel-shown">
        <span className={`number ${now === null ? 'tone-warn' : off ? 'tone-warn' : 'tone-plain'}`}>{text}</span>
        <ListingMark state={listing.state} />
        <span className="visually-hidden">{t(`listingState.${listing.state}`)}</span>
        {listing.fault !== null && (
          <span className="mark mark-parked" title={t(`fault.${faultWords(listing.fault)}.what`)}>
            <IconAlertTriangle size={14} aria-hidden />
          </span>
        )}
      </span>
      <span className="channel-more">
        {off && listing.desired !== null && (
          <span className="want">
            {t(listing.state === 'observing' ? 'stock.would' : 'stock.want', { value: format.number(listing.desired) })}
          </span>
        )}
        {listing.rights !== null && <span>{t('stock.rights', { value: format.number(listing.rights) })}</span>}
        {listings.length > 1 && <span>{t('stock.more', { value: format.number(listings.length - 1) })}</span>}
      </span>
    </Cell>
  )
}

function Cell({
  column,
  tab,
  value,
  what,
  children,
}: {
  column: number
  tab: number
  value: unknown
  /** What the number is, for those who do not see the head of its column. */
  what: string
  children: ReactNode
}) {
  const { t } = useTranslation()
  const flash = useFlash<HTMLDivElement>(value)
  return (
    // biome-ignore lint/a11y/useSemanticElements: see the grid.
    <div role="gridcell" tabIndex={-1} aria-colindex={column + 1} className="cell" ref={flash}>
      <button type="button" className="cell-button" tabIndex={tab} data-cell={column}>
        <span className="visually-hidden">{what}</span>
        {children}
        <span className="visually-hidden">{t('why')}</span>
      </button>
    </div>
  )
}
