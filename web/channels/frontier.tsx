import { SegmentedControl } from '@mantine/core'
import { memo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChannelStanding } from '../../contract/channel-board.ts'
import { useConnectionName } from '../channel.tsx'
import { useFormat } from '../format.ts'
import measured from './frontier.json' with { type: 'json' }
import { Chart } from './frontier-chart.tsx'
import { type Choice, chosenRisk, placeOn, type Risk, riskName, USUAL_RISK } from './frontier-place.ts'

const KNOWN = { calm: 'calm', slow: 'slow', 'long tail': 'longTail' } as const

/** Where zero costs most, and a seller has most to choose. */
const FIRST = 'long tail'

/** What never selling twice costs in buyers refused, with each channel's present choice on the curve. */
export const FrontierPanel = memo(function FrontierPanel({ channels }: { channels: readonly ChannelStanding[] }) {
  const { t } = useTranslation()
  return (
    <section className="panel frontier" aria-labelledby="frontier-title">
      <header className="panel-head">
        <h2 id="frontier-title">{t('frontier.title')}</h2>
      </header>
      <FrontierCurve choices={choicesOf(channels, useConnectionName())} />
    </section>
  )
})

export function FrontierCurve({ choices }: { choices: readonly Choice[] }) {
  const { t } = useTranslation()
  const format = useFormat()
  const { curves } = measured
  const [chosen, setChosen] = useState(FIRST)
  const curve = curves.find(({ scenario }) => scenario === chosen) ?? curves[0]
  if (curve === undefined) return null
  const { points } = curve
  const strict = placeOn(points, 0)
  const usual = placeOn(points, USUAL_RISK)
  const known = (scenario: string) => Object.entries(KNOWN).find(([name]) => name === scenario)?.[1]
  const nameOf = (scenario: string) => {
    const key = known(scenario)
    return key === undefined ? scenario : t(`frontier.scenarios.${key}`)
  }
  const shown = known(curve.scenario)
  const off = choices.filter(({ risk }) => risk === undefined)
  return (
    <div className="frontier-body">
      <SegmentedControl
        size="xs"
        className="frontier-scenarios"
        aria-label={t('frontier.scenario')}
        value={curve.scenario}
        onChange={setChosen}
        data={curves.map(({ scenario }) => ({ value: scenario, label: nameOf(scenario) }))}
      />
      {strict !== null && usual !== null && (
        <p className="answer">
          {t('frontier.zeroCosts', {
            refused: format.percent(strict.refusedPercent / 100),
            risk: format.percent(USUAL_RISK),
            less: format.percent(usual.refusedPercent / 100),
            oversold: format.tenths(usual.oversoldPer10000),
          })}
        </p>
      )}
      <Chart points={points} choices={choices} />
      <ul className="frontier-choices">
        {choices.map(
          ({ names, risk }, i) =>
            risk !== undefined && (
              <li key={names}>
                <strong className="numeric">{i + 1}</strong> {t('frontier.chosen', { names })} ·{' '}
                {riskName(risk, t('frontier.strict'), t('frontier.pool'), format)}
              </li>
            ),
        )}
      </ul>
      {off.length > 0 && (
        <p className="small dim">{t('frontier.offCurve', { names: off.map(({ names }) => names).join(', ') })}</p>
      )}
      <details>
        <summary>{t('frontier.table')}</summary>
        <table className="why-table">
          <thead>
            <tr>
              <th scope="col">{t('frontier.choice')}</th>
              <th scope="col" className="right">
                {t('frontier.x')}
              </th>
              <th scope="col" className="right">
                {t('frontier.y')}
              </th>
            </tr>
          </thead>
          <tbody>
            {points.map((point) => (
              <tr key={String(point.risk)}>
                <td>{riskName(point.risk, t('frontier.strict'), t('frontier.pool'), format)}</td>
                <td className="numeric right">
                  {format.tenths(point.refusedPercent)} ± {format.tenths(point.refusedSd)}
                </td>
                <td className="numeric right">
                  {format.tenths(point.oversoldPer10000)} ± {format.tenths(point.oversoldSd)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
      <p className="small dim">
        {t('frontier.measured', { seeds: format.number(curve.seeds), date: measured.measuredOn })}{' '}
        {shown === undefined ? curve.says : t(`frontier.says.${shown}`)}
      </p>
    </div>
  )
}

/** Connections that chose the same stand at one point. */
function choicesOf(channels: readonly ChannelStanding[], nameOf: (channel: ChannelStanding) => string): Choice[] {
  const byRisk = new Map<Risk | undefined, string[]>()
  for (const channel of channels.filter(({ apiSupported }) => apiSupported)) {
    const risk = chosenRisk(channel)
    byRisk.set(risk, [...(byRisk.get(risk) ?? []), nameOf(channel)])
  }
  return [...byRisk].map(([risk, names]) => ({ risk, names: names.join(', ') }))
}
