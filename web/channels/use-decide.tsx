import { Button, CloseButton } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemNotice } from '../problem-notice.tsx'
import { CHANNELS } from './use-channels.ts'

/** Something a person decides: how it is done, what is said afterwards, and how it is taken back where it can be. */
export type Decision = { said: string; act: () => Promise<unknown>; undo?: () => Promise<unknown> }

export type Deciding = {
  decide(decision: Decision): void
  isPending: boolean
  error: Error | null
  /** The error has been dealt with. */
  forget(): void
}

type Told = { said: string; undo?: () => Promise<unknown> }

const Tell = createContext<(told: Told | null) => void>(() => undefined)

/** Does what a person decides; everything shown is read anew before it is said to be done. */
export function useDecide(after?: () => void): Deciding {
  const client = useQueryClient()
  const tell = useContext(Tell)
  const { mutate, isPending, error, reset } = useMutation({
    mutationFn: async (decision: Decision) => {
      await decision.act()
      await client.invalidateQueries({ queryKey: [CHANNELS] })
      return decision
    },
    onMutate: () => tell(null),
    onSuccess: ({ said, undo }) => {
      tell(undo ? { said, undo } : { said })
      after?.()
    },
  })
  return { decide: (decision) => mutate(decision), isPending, error, forget: reset }
}

/** Keeps the last decision at hand, to be taken back from a bar at the bottom. */
export function Decisions({ children }: { children: ReactNode }) {
  const [told, setTold] = useState<Told | null>(null)
  const tell = useCallback((next: Told | null) => setTold(next), [])
  const dismiss = useCallback(() => setTold(null), [])
  const bar = useMemo(() => told !== null && <UndoBar told={told} onDismiss={dismiss} />, [told, dismiss])
  return (
    <Tell value={tell}>
      {children}
      <div className="undo-place" role="status">
        {bar}
      </div>
    </Tell>
  )
}

function UndoBar({ told, onDismiss }: { told: Told; onDismiss: () => void }) {
  const { t } = useTranslation()
  const { decide, isPending, error } = useDecide()
  const { undo } = told
  return (
    <div className="undo-bar">
      <span>{told.said}</span>
      {undo !== undefined && (
        <Button
          size="xs"
          variant="default"
          loading={isPending}
          onClick={() => decide({ said: t('screen.undone'), act: undo })}
        >
          {t('screen.undo')}
        </Button>
      )}
      <CloseButton size="sm" aria-label={t('screen.dismiss')} onClick={onDismiss} />
      {error !== null && <ProblemNotice error={error} />}
    </div>
  )
}
