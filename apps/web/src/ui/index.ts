/**
 * The page's parts that know nothing of jobs: buttons, bars, notices, icons, dialog, announcements.
 * May import React only; every folder that shows something imports this one.
 * Data comes in as properties and children;
 * it goes out as callbacks.
 * Colours, type and focus are in page.css, loaded once by main.tsx.
 */
export { Announcer, useAnnounce } from "./announcer.tsx";
export { Button } from "./button.tsx";
export { Card, type CardProps } from "./card.tsx";
export { CardLine } from "./card-line.tsx";
export { Dialog } from "./dialog.tsx";
export { Icon, type IconName } from "./icon.tsx";
export { Notice } from "./notice.tsx";
export { ProgressBar, type ProgressBarProps } from "./progress-bar.tsx";
export { ScrollRegion } from "./scroll-region.tsx";
export { SteadyList } from "./steady-list.tsx";
export { VisuallyHidden } from "./visually-hidden.tsx";
/** The head of a view, with its title and note, and what stands below. */
export { default as viewStyles } from "./view.module.css";
