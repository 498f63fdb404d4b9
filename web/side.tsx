import { Drawer } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

type Props = { title: string; opened: boolean; onClose(): void; children: ReactNode }

/** A panel from the side, over a page that stays live. What it holds is made anew each time it opens. */
export function Side({ title, opened, onClose, children }: Props) {
  const { t } = useTranslation()
  return (
    <Drawer.Root
      opened={opened}
      onClose={onClose}
      position="right"
      size={620}
      padding="md"
      transitionProps={{ duration: 120 }}
    >
      <Drawer.Overlay backgroundOpacity={0.25} />
      <Drawer.Content>
        {/* A <header> outside of a section would be a second banner of the page. */}
        <Drawer.Header role="presentation">
          <Drawer.Title className="why-title">{title}</Drawer.Title>
          <Drawer.CloseButton aria-label={t('screen.close')} size="lg" />
        </Drawer.Header>
        <Drawer.Body className="why-body">{children}</Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  )
}
