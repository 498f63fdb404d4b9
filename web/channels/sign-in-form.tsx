import { Button, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChannelStanding } from '../../contract/channel-board.ts'
import { type CredentialField, readCredentialFields, worthRepeating } from '../api.ts'
import { faultWords } from '../channel.tsx'
import { Said, useReason } from '../fault.tsx'
import { ProblemNotice } from '../problem-notice.tsx'
import { SignInFailed, signInAndTry } from './tried-sign-in.ts'
import { CHANNELS } from './use-channels.ts'
import { useDecide } from './use-decide.tsx'

/** What a connection signs in with: typed, never shown, and tried before it is said to work. */
export function SignInForm({ channel, onDone }: { channel: ChannelStanding; onDone(): void }) {
  const { t } = useTranslation()
  const { id, name, state, fault } = channel
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({})
  const query = useQuery({
    queryKey: [CHANNELS, 'credentials', id],
    queryFn: ({ signal }) => readCredentialFields(id, signal),
    retry: (failures, error) => failures < 2 && worthRepeating(error),
  })
  const { decide, isPending, error } = useDecide(onDone)
  if (query.isError) return <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />
  if (query.isPending) return <Skeleton height={200} />
  const { fields } = query.data
  // Copied keys bring blanks and line ends along, and none begins or ends with one.
  const given = Object.fromEntries(
    Object.entries(typed).flatMap(([field, value]) => (value.trim() === '' ? [] : [[field, value.trim()]])),
  )
  const has = ({ name: field, isSet }: CredentialField) => isSet || given[field] !== undefined
  const choice = fields.filter(({ needed }) => needed === 'one_of')
  const isEnough =
    fields.every((field) => field.needed !== 'always' || has(field)) && (choice.length === 0 || choice.some(has))
  const canSave = isEnough && Object.keys(given).length > 0
  return (
    <form
      className="policy-form"
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault()
        if (canSave) decide({ said: t('signIn.done', { name }), act: () => signInAndTry(channel, given) })
      }}
    >
      {state === 'parked' && fault !== null && (
        <p>
          <strong>{t(`fault.${faultWords(fault.code)}.what`)}</strong> {t('signIn.parked')}
        </p>
      )}
      <p>{t('signIn.about')}</p>
      {fields.map((field) => (
        <Field
          key={field.name}
          field={field}
          value={typed[field.name] ?? ''}
          onChange={(value) => setTyped({ ...typed, [field.name]: value })}
        />
      ))}
      {choice.length > 0 && <p className="small dim">{t('signIn.oneOf')}</p>}
      <p className="small dim">{t(state === 'parked' ? 'signIn.resumes' : 'signIn.ifWrong')}</p>
      <div role="status">{isPending && t('signIn.trying')}</div>
      {error instanceof SignInFailed ? <Failed error={error} /> : error !== null && <ProblemNotice error={error} />}
      <div className="push-foot">
        <span className="spread" />
        <Button size="xs" variant="default" onClick={onDone}>
          {t('screen.cancel')}
        </Button>
        <Button size="xs" type="submit" disabled={!canSave} loading={isPending}>
          {t('signIn.save')}
        </Button>
      </div>
    </form>
  )
}

const KNOWN = [
  'clientId',
  'clientSecret',
  'accountId',
  'vendorId',
  'accessKey',
  'secretKey',
  'wingId',
  'refreshToken',
  'webhookKey',
  'masterId',
  'auctionId',
  'gmarketId',
  'openApiKey',
] as const

function Field({
  field: { name, secret, needed, isSet },
  value,
  onChange,
}: {
  field: CredentialField
  value: string
  onChange(value: string): void
}) {
  const { t } = useTranslation()
  const input = useId()
  const known = KNOWN.find((one) => one === name)
  return (
    <div className="credential">
      <label htmlFor={input}>
        {known === undefined ? name : t(`signIn.field.${known}`)}
        {needed === 'may' && <span className="dim"> · {t('signIn.may')}</span>}
      </label>
      <input
        id={input}
        className="plain-input mono"
        type={secret ? 'password' : 'text'}
        // Browsers heed "off" for text, but offer to keep and to fill what is a password unless it is a new one.
        autoComplete={secret ? 'new-password' : 'off'}
        autoCapitalize="none"
        spellCheck={false}
        maxLength={4_096}
        required={needed === 'always' && !isSet}
        placeholder={isSet ? t('signIn.kept') : undefined}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </div>
  )
}

/** These say that we were not let in. Any other fault says only that it is not known yet. */
const REFUSALS = ['signed_out', 'blocked']

function Failed({ error: { fault } }: { error: SignInFailed }) {
  const { t } = useTranslation()
  const reasonOf = useReason()
  if (fault === null) return <p role="alert">{t('signIn.notYet')}</p>
  return (
    <div role="alert" className="trouble trouble-bad">
      <span>
        <strong>{t(REFUSALS.includes(fault.code) ? 'signIn.wrong' : 'signIn.notKnown')}</strong>{' '}
        {t(`fault.${faultWords(fault.code)}.what`)} {t(`fault.${faultWords(fault.code)}.why`)}
        {fault.why !== null && <span className="reason">{reasonOf(fault.why)}</span>}
        <Said code={fault.code} said={fault.said} />
      </span>
    </div>
  )
}
