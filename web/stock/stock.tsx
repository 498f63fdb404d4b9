import { SegmentedControl, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { memo, useDeferredValue, useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { BoardConnection, BoardVariant } from '../../contract/board.ts'
import { useFormat } from '../format.ts'
import { StockGrid } from './grid.tsx'
import { ListingMark, MARKS } from './listing-mark.tsx'
import { found } from './search.ts'
import { FILTERS, type Filter, passes } from './shown.ts'
import { useSteady } from './steady.ts'

type Props = { variants: readonly BoardVariant[]; connections: readonly BoardConnection[] }

/** The stock table with its search and its views. */
export const Stock = memo(function Stock({ variants, connections }: Props) {
  const { t } = useTranslation()
  const format = useFormat()
  const [search, setSearch] = useState(() => fromAddress('q') ?? '')
  const [filter, setFilter] = useState<Filter>(() => FILTERS.find((known) => known === fromAddress('show')) ?? 'all')
  const wanted = useDeferredValue(search)
  const [pointed, setPointed] = useState(false)
  useEffect(() => toAddress({ q: search, show: filter === 'all' ? '' : filter }), [search, filter])

  const matching = useMemo(
    () => variants.filter((variant) => passes(filter, variant) && found(wanted, variant.sku, variant.name)),
    [variants, filter, wanted],
  )
  const steady = useSteady(matching, variants, `${filter} ${wanted}`, pointed)
  const counts = useMemo(() => countEach(variants), [variants])
  const clear = () => {
    setSearch('')
    setFilter('all')
  }
  return (
    <section className="panel stock" id="stock" aria-labelledby="stock-title" tabIndex={-1}>
      <header className="panel-head stock-head">
        <h2 id="stock-title">{t('stock.title')}</h2>
        <TextInput
          size="xs"
          className="stock-search"
          type="search"
          aria-label={t('stock.searchLabel')}
          placeholder={t('stock.search')}
          leftSection={<IconSearch size={15} aria-hidden />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <SegmentedControl
          size="xs"
          aria-label={t('stock.filter')}
          value={filter}
          onChange={(chosen) => setFilter(FILTERS.find((known) => known === chosen) ?? 'all')}
          data={FILTERS.map((known) => ({
            value: known,
            label: (
              <>
                {t(`stock.${known}`)} <span className="numeric filter-count">{format.number(counts[known])}</span>
              </>
            ),
          }))}
        />
        <span className="spread" />
        {steady.waiting && (
          <button type="button" className="chip-button" onClick={steady.release}>
            {t('stock.steady')}
          </button>
        )}
      </header>
      {variants.length === 0 ? (
        <div className="empty">
          <strong>{t('stock.emptyTitle')}</strong>
          <span>{t('stock.emptyNext')}</span>
        </div>
      ) : steady.rows.length === 0 ? (
        <div className="empty">
          <strong>{t('stock.noMatch')}</strong>
          <span>{t('stock.noMatchNext')}</span>
          <button type="button" className="chip-button" onClick={clear}>
            {t('stock.clear')}
          </button>
        </div>
      ) : (
        <StockGrid rows={steady.rows} connections={connections} onPointed={setPointed} />
      )}
      <footer className="stock-foot">
        <span className="numeric">
          {t('stock.rows', { shown: format.number(steady.rows.length), total: format.number(variants.length) })}
        </span>
        <span className="spread" />
        <ul className="legend" aria-label={t('stock.legend')}>
          {MARKS.map((state) => (
            <li key={state}>
              <ListingMark state={state} /> {t(`listingState.${state}`)}
            </li>
          ))}
        </ul>
        <span className="spread" />
        <span id="stock-keys">{t('stock.keys')}</span>
      </footer>
    </section>
  )
})

function countEach(variants: readonly BoardVariant[]): Record<Filter, number> {
  const counts: Record<Filter, number> = { all: 0, differs: 0, low: 0, short: 0 }
  for (const variant of variants) for (const filter of FILTERS) if (passes(filter, variant)) counts[filter] += 1
  return counts
}

function fromAddress(key: string): string | null {
  return new URLSearchParams(window.location.search).get(key)
}

/** Search and view live in the address, so that a board can be sent to a colleague as it stands. */
function toAddress(values: Record<string, string>): void {
  const url = new URL(window.location.href)
  for (const [key, value] of Object.entries(values)) {
    if (value === '') url.searchParams.delete(key)
    else url.searchParams.set(key, value)
  }
  if (url.href !== window.location.href) window.history.replaceState(null, '', url)
}
