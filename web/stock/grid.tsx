import { type KeyboardEvent, type MouseEvent, useCallback, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { BoardConnection, BoardVariant } from '../../contract/board.ts'
import { ChannelDot, useConnectionName } from '../channel.tsx'
import { STOCK_NUMBERS, useAskWhy } from '../why/ask.ts'
import { StockRow } from './row.tsx'
import { ROW_HEIGHT, useWindow } from './window.ts'

type Props = {
  rows: readonly BoardVariant[]
  connections: readonly BoardConnection[]
  /** Somebody points at the rows, with the pointer or with the keyboard's focus. */
  onPointed(pointed: boolean): void
}

type Place = { id: string; column: number }

/** Where the cursor goes with each key: rows down, columns right. */
const MOVES: Record<string, (page: number) => [rows: number, columns: number]> = {
  ArrowUp: () => [-1, 0],
  ArrowDown: () => [1, 0],
  ArrowLeft: () => [0, -1],
  ArrowRight: () => [0, 1],
  PageUp: (page) => [-page, 0],
  PageDown: (page) => [page, 0],
  Home: () => [0, Number.NEGATIVE_INFINITY],
  End: () => [0, Number.POSITIVE_INFINITY],
}

/** The rows, windowed. One Tab stop for the whole grid; arrows move in it, and the row that has the focus is always drawn. */
export function StockGrid({ rows, connections, onPointed }: Props) {
  const { t } = useTranslation()
  const connectionName = useConnectionName()
  const ask = useAskWhy()
  const { scroller, window: shown } = useWindow(rows.length)
  const [place, setPlace] = useState<Place | null>(null)
  const moved = useRef(false)

  const columns = 1 + STOCK_NUMBERS.length + connections.length
  const at = Math.max(0, place === null ? 0 : rows.findIndex(({ id }) => id === place.id))
  const column = Math.min(place?.column ?? 0, columns - 1)

  useEffect(() => {
    if (!moved.current) return
    moved.current = false
    scroller.current?.querySelector<HTMLElement>('[data-cell][tabindex="0"]')?.focus({ preventScroll: true })
  })

  function move(event: KeyboardEvent<HTMLDivElement>): void {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT) - 2)
    const step = MOVES[event.key]?.(page)
    if (step === undefined || event.nativeEvent.isComposing) return
    event.preventDefault()
    const whole = event.ctrlKey || event.metaKey
    const down = whole && event.key === 'Home' ? -rows.length : whole && event.key === 'End' ? rows.length : step[0]
    const row = clamp(at + down, rows.length)
    const to = rows[row]
    if (to === undefined) return
    moved.current = true
    setPlace({ id: to.id, column: clamp(column + step[1], columns) })
    reveal(scroller.current, row)
  }

  const onCell = useCallback((event: { target: EventTarget }) => {
    const cell = cellOf(event.target)
    if (cell !== null) setPlace((before) => (before?.id === cell.id && before.column === cell.column ? before : cell))
  }, [])

  function open(event: MouseEvent): void {
    const cell = cellOf(event.target)
    const variant = rows.find(({ id }) => id === cell?.id)
    if (cell === null || variant === undefined) return
    const connection = connections[cell.column - STOCK_NUMBERS.length]
    const number = columnNumber(cell.column)
    if (number !== null) ask({ about: 'stock', sku: variant.sku, number })
    else if (connection !== undefined) ask({ about: 'listing', sku: variant.sku, connectionId: connection.id })
  }

  const drawn = rows.slice(shown.first, shown.last).map((variant, i) => ({ variant, index: shown.first + i }))
  const focused = rows[at]
  if (focused !== undefined && (at < shown.first || at >= shown.last)) drawn.push({ variant: focused, index: at })

  const template = `minmax(180px, 1fr) repeat(4, 76px) repeat(${connections.length}, minmax(122px, 160px)) 80px`
  return (
    // biome-ignore lint/a11y/useSemanticElements: a <table> cannot be windowed with rows out of flow; the roles say the same.
    <div
      className="grid"
      role="grid"
      tabIndex={-1}
      aria-labelledby="stock-title"
      aria-describedby="stock-keys"
      aria-rowcount={rows.length + 1}
      aria-colcount={columns}
      aria-readonly
      ref={scroller}
      onKeyDown={move}
      onFocus={(event) => {
        onCell(event)
        onPointed(true)
      }}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget) && !event.currentTarget.matches(':hover'))
          onPointed(false)
      }}
      onClick={open}
      onPointerEnter={() => onPointed(true)}
      onPointerLeave={(event) => {
        // Who came with the keyboard still points here with the focus.
        if (event.currentTarget.querySelector(':focus-visible') === null) onPointed(false)
      }}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: see the grid. */}
      <div role="rowgroup" className="grid-head">
        {/* biome-ignore lint/a11y/useSemanticElements: see the grid. */}
        <div role="row" tabIndex={-1} aria-rowindex={1} className="grid-row" style={{ gridTemplateColumns: template }}>
          <HeadCell column={0}>{t('stock.item')}</HeadCell>
          <HeadCell column={1}>{t('stock.onHand')}</HeadCell>
          <HeadCell column={2}>{t('stock.reserved')}</HeadCell>
          <HeadCell column={3}>{t('stock.available')}</HeadCell>
          <HeadCell column={4}>{t('stock.shortage')}</HeadCell>
          {connections.map((connection, i) => (
            <HeadCell key={connection.id} column={STOCK_NUMBERS.length + i}>
              <ChannelDot channel={connection.channel} /> {connectionName(connection)}
            </HeadCell>
          ))}
          <HeadCell column={columns - 1}>{t('stock.exposure')}</HeadCell>
        </div>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: see the grid. */}
      <div role="rowgroup" className="grid-body" style={{ height: rows.length * ROW_HEIGHT }}>
        {drawn.map(({ variant, index }) => (
          <StockRow
            key={variant.id}
            variant={variant}
            connections={connections}
            index={index}
            template={template}
            tabColumn={index === at ? column : -1}
          />
        ))}
      </div>
    </div>
  )

  function columnNumber(index: number) {
    if (index === 0) return 'item' as const
    if (index === columns - 1) return 'exposure' as const
    return index < STOCK_NUMBERS.length ? (STOCK_NUMBERS[index - 1] ?? null) : null
  }
}

function HeadCell({ column, children }: { column: number; children: React.ReactNode }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: see the grid.
    <div
      role="columnheader"
      tabIndex={-1}
      aria-colindex={column + 1}
      className={column === 0 ? 'cell cell-item' : 'cell'}
    >
      {children}
    </div>
  )
}

function cellOf(target: EventTarget): Place | null {
  const cell = target instanceof Element ? target.closest<HTMLElement>('[data-cell]') : null
  const id = cell?.closest<HTMLElement>('[data-variant]')?.dataset.variant
  return cell === null || id === undefined ? null : { id, column: Number(cell.dataset.cell) }
}

/** Scrolls no more than needed to show a row below the sticky head. */
function reveal(scroller: HTMLElement | null, row: number): void {
  if (scroller === null) return
  const top = row * ROW_HEIGHT
  const room = scroller.clientHeight - ROW_HEIGHT
  if (top < scroller.scrollTop) scroller.scrollTop = top
  else if (top + ROW_HEIGHT > scroller.scrollTop + room) scroller.scrollTop = top + ROW_HEIGHT - room
}

function clamp(index: number, length: number): number {
  return Math.max(0, Math.min(length - 1, index))
}
