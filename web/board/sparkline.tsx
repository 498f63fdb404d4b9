import { useEffect, useState } from 'react'

const MOST = 40
const WIDTH = 80
const HEIGHT = 16

/** The last forty values this page has seen. */
export function useTrail(value: number | null): readonly number[] {
  const [trail, setTrail] = useState<readonly number[]>([])
  useEffect(() => {
    if (value !== null) setTrail((before) => [...before, value].slice(-MOST))
  }, [value])
  return trail
}

/** A line without axes: only whether it rises. The numbers stand beside it, so it says nothing to a screen reader. */
export function Sparkline({ values }: { values: readonly number[] }) {
  if (values.length < 2) return null
  const top = Math.max(...values, 1)
  const step = WIDTH / (MOST - 1)
  const from = WIDTH - (values.length - 1) * step
  const points = values.map(
    (value, i) => `${(from + i * step).toFixed(1)},${(HEIGHT - 1 - (value / top) * (HEIGHT - 2)).toFixed(1)}`,
  )
  return (
    <svg className="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden>
      <polyline points={points.join(' ')} />
    </svg>
  )
}
