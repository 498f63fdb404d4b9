import { useTranslation } from 'react-i18next'
import { useFormat } from '../format.ts'
import { type Choice, type Point, placeOn, riskName } from './frontier-place.ts'

const WIDE = 560
const HIGH = 270
/** Room for the axes' numbers and names, and for labels above and beside the outermost points. */
const EDGE = { left: 56, right: 84, top: 34, bottom: 46 }
const STEPS = 4

type Props = { points: readonly Point[]; choices: readonly Choice[] }

/** Refused to the right, sold twice upwards: every choice is a point, and none is at both zeros. */
export function Chart({ points, choices }: Props) {
  const { t } = useTranslation()
  const format = useFormat()
  const most = {
    x: roundUp(Math.max(1, ...points.map(({ refusedPercent }) => refusedPercent))),
    y: roundUp(Math.max(1, ...points.map(({ oversoldPer10000 }) => oversoldPer10000))),
  }
  const x = (refused: number) => EDGE.left + (refused / most.x) * (WIDE - EDGE.left - EDGE.right)
  const y = (oversold: number) => HIGH - EDGE.bottom - (oversold / most.y) * (HIGH - EDGE.top - EDGE.bottom)
  const at = (point: Point) => ({ cx: x(point.refusedPercent), cy: y(point.oversoldPer10000) })
  const steps = Array.from({ length: STEPS + 1 }, (_, step) => step / STEPS)
  return (
    <svg className="frontier-chart" viewBox={`0 0 ${WIDE} ${HIGH}`} role="img" aria-label={t('frontier.chart')}>
      {steps.map((step) => (
        <g key={step} className="frontier-grid">
          <line x1={x(0)} x2={x(most.x)} y1={y(step * most.y)} y2={y(step * most.y)} />
          <text x={x(0) - 8} y={y(step * most.y) + 4} textAnchor="end">
            {format.tenths(step * most.y)}
          </text>
          <text x={x(step * most.x)} y={y(0) + 18} textAnchor="middle">
            {format.tenths(step * most.x)}
          </text>
        </g>
      ))}
      <text className="frontier-axis" x={x(most.x / 2)} y={HIGH - 8} textAnchor="middle">
        {t('frontier.x')}
      </text>
      <text className="frontier-axis" x={8} y={16}>
        {t('frontier.y')}
      </text>
      <polyline className="frontier-line" points={points.map((point) => `${at(point).cx},${at(point).cy}`).join(' ')} />
      <Labels points={points} at={at} />
      {points.map((point) => (
        <circle key={String(point.risk)} className="frontier-point" r={4} {...at(point)}>
          <title>
            {`${riskName(point.risk, t('frontier.strict'), t('frontier.pool'), format)}: ${format.tenths(point.refusedPercent)} %, ${format.tenths(point.oversoldPer10000)}`}
          </title>
        </circle>
      ))}
      {choices.map(({ names, risk }, i) => {
        const place = risk === undefined ? null : placeOn(points, risk)
        if (place === null) return null
        const { cx, cy } = at(place)
        return (
          <g key={names} className="frontier-now" data-choice={names}>
            <circle cx={cx} cy={cy} r={9} />
            <text x={cx} y={cy - 24} textAnchor="middle">
              {i + 1}
            </text>
          </g>
        )
      })}
    </svg>
  )
}

/** Closer than this, two labels would cover each other: the second goes without. */
const APART = 60

function Labels({ points, at }: { points: readonly Point[]; at(point: Point): { cx: number; cy: number } }) {
  const { t } = useTranslation()
  const format = useFormat()
  const kept: { cx: number; cy: number }[] = []
  const labelled = points.filter((point) => {
    const { cx, cy } = at(point)
    const isFree = kept.every((other) => Math.abs(other.cx - cx) > APART || Math.abs(other.cy - cy) > 14)
    if (isFree) kept.push({ cx, cy })
    return isFree
  })
  return labelled.map((point) => {
    const { cx, cy } = at(point)
    const right = points[points.indexOf(point) - 1]
    // Above, unless the line goes up there.
    const above = right === undefined || at(right).cy >= cy
    return (
      <text key={String(point.risk)} className="frontier-label" x={cx + 8} y={above ? cy - 7 : cy + 16}>
        {riskName(point.risk, t('frontier.strict'), t('frontier.pool'), format)}
      </text>
    )
  })
}

/** The axis's last number: the next one whose quarters are easily read. */
function roundUp(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most))
  return [1, 1.2, 1.6, 2, 2.4, 2.8, 3.2, 4, 4.8, 6, 8, 10].map((step) => step * power).find((end) => end >= most)!
}
