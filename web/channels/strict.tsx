import { Button } from '@mantine/core'
import { memo, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { BoardVariant } from '../../contract/board.ts'
import type { ChannelBoard } from '../../contract/channel-board.ts'
import { setLastUnits } from '../api.ts'
import { ProblemNotice } from '../problem-notice.tsx'
import { useDecide } from './use-decide.tsx'

type Props = { strict: ChannelBoard['strict']; variants: readonly BoardVariant[] }

/** Products whose last units are never shown in two places, whatever their channels risk. */
export const Strict = memo(function Strict({ strict, variants }: Props) {
  const { t } = useTranslation()
  const [sku, setSku] = useState('')
  const [unknown, setUnknown] = useState<string | null>(null)
  const { decide, isPending, error } = useDecide(() => setSku(''))
  const known = useId()
  const set = (variantId: string, to: boolean, said: string) =>
    decide({ said, act: () => setLastUnits(variantId, to), undo: () => setLastUnits(variantId, !to) })
  const add = () => {
    const asked = sku.trim()
    const variant = variants.find((one) => one.sku.toLowerCase() === asked.toLowerCase())
    setUnknown(variant === undefined ? asked : null)
    if (variant !== undefined) set(variant.id, true, t('strict.added', { sku: variant.sku }))
  }
  return (
    <section className="panel side-list strict" aria-labelledby="strict-title">
      <header className="panel-head">
        <h2 id="strict-title">{t('strict.title')}</h2>
      </header>
      <p className="small dim">{t('strict.about')}</p>
      {strict.length === 0 && <p className="small">{t('strict.empty')}</p>}
      <ul className="plain-list">
        {strict.map((one) => (
          <li key={one.variantId} className="strict-line">
            <span>
              <span className="mono">{one.sku}</span> <span className="dim">{one.name}</span>
            </span>
            <Button
              size="compact-xs"
              variant="default"
              aria-label={t('strict.remove', { sku: one.sku })}
              disabled={isPending}
              onClick={() => set(one.variantId, false, t('strict.removed', { sku: one.sku }))}
            >
              ×
            </Button>
          </li>
        ))}
      </ul>
      <form
        className="strict-add"
        onSubmit={(event) => {
          event.preventDefault()
          add()
        }}
      >
        <input
          className="plain-input mono"
          aria-label={t('strict.sku')}
          placeholder={t('strict.sku')}
          list={known}
          value={sku}
          onChange={(event) => setSku(event.currentTarget.value)}
        />
        <datalist id={known}>
          {variants.map((variant) => (
            <option key={variant.id} value={variant.sku}>
              {variant.name}
            </option>
          ))}
        </datalist>
        <Button size="xs" type="submit" variant="default" loading={isPending} disabled={sku.trim() === ''}>
          {t('strict.add')}
        </Button>
      </form>
      <div role="status" className="small tone-bad">
        {unknown !== null && t('strict.unknown', { sku: unknown })}
      </div>
      {error !== null && <ProblemNotice error={error} />}
    </section>
  )
})
