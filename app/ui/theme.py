"""The look of the window as data: colours, sizes and type, in a light and a dark theme (ui.md).

Colours live here and nowhere else. Widgets that paint themselves ask ``theme()``; everything else is
coloured by the one style sheet made from the same tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from app.workflow.views import Mark

GRID = 8
RADIUS = 6


class TypeSize(IntEnum):
    """The four sizes there are, in device-independent pixels."""

    SMALL = 12
    BODY = 14
    HEAD = 18
    HANDS = 28


# What a desk's system has, best first; the last ones hold the rare characters of names.
FAMILIES = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Microsoft YaHei UI",
    "WenQuanYi Zen Hei",
    "HanaMinA",
    "HanaMinB",
)


@dataclass(frozen=True)
class Theme:
    """Colours by what they are for. Text on its ground keeps at least 4.5 to 1, what bounds a box 3 to 1
    (WCAG 2.2, 1.4.3 and 1.4.11)."""

    name: str
    ground: str
    surface: str
    sunken: str
    line: str
    strong_line: str
    text: str
    muted: str
    accent: str
    accent_hover: str
    on_accent: str
    accent_soft: str
    good: str
    attention: str
    attention_soft: str
    stop: str
    stop_soft: str
    training: str
    on_training: str

    def mark(self, mark: Mark) -> QColor:
        """The colour that goes with a state's word and shape."""
        return QColor(
            {
                Mark.WAITING: self.muted,
                Mark.WORKING: self.accent,
                Mark.GOOD: self.good,
                Mark.ATTENTION: self.attention,
                Mark.STOP: self.stop,
            }[mark]
        )


LIGHT = Theme(
    name="light",
    ground="#F6F5F1",
    surface="#FFFFFF",
    sunken="#EFEEE9",
    line="#DCDAD2",
    strong_line="#8C8A81",
    text="#1B2322",
    muted="#5C6765",
    accent="#0B5F5C",
    accent_hover="#0A5350",
    on_accent="#FFFFFF",
    accent_soft="#DFEDEB",
    good="#23744A",
    attention="#9A5B00",
    attention_soft="#FBF1DE",
    stop="#B3261E",
    stop_soft="#FBEBE9",
    training="#F2B705",
    on_training="#241B00",
)
DARK = Theme(
    name="dark",
    ground="#171B1C",
    surface="#1F2526",
    sunken="#131718",
    line="#343C3D",
    strong_line="#6B7778",
    text="#E7EBE9",
    muted="#9BA7A4",
    accent="#4FB3AA",
    accent_hover="#66C3BA",
    on_accent="#06211F",
    accent_soft="#1E3A38",
    good="#5DBB85",
    attention="#E3A93F",
    attention_soft="#352B18",
    stop="#F2857B",
    stop_soft="#3A2120",
    training="#F2B705",
    on_training="#241B00",
)


def theme() -> Theme:
    """The theme of the running program."""
    kept = QApplication.instance().property("kangkaTheme")
    return kept if isinstance(kept, Theme) else LIGHT


def system_theme() -> Theme:
    """What the system asks for."""
    dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
    return DARK if dark else LIGHT


def apply_theme(app: QApplication, chosen: Theme) -> None:
    """Dress the whole program; called at start and when the system's scheme changes."""
    app.setProperty("kangkaTheme", chosen)
    app.setPalette(_palette(chosen))
    app.setStyleSheet(style_sheet(chosen))


def font(size: TypeSize = TypeSize.BODY, *, bold: bool = False) -> QFont:
    """A font of the one family, with digits of one width."""
    made = QFont(list(FAMILIES))
    made.setPixelSize(int(size))
    made.setWeight(QFont.Weight.Bold if bold else QFont.Weight.Normal)
    made.setFeature(QFont.Tag("tnum"), 1)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return made


def set_type(widget: QWidget, size: TypeSize, *, bold: bool = False) -> None:
    """Give a widget one of the four sizes."""
    widget.setFont(font(size, bold=bold))


def set_tone(widget: QWidget, tone: str) -> None:
    """Give a widget one of the style sheet's tones (``muted``, ``panel``, ``primary``...)."""
    if widget.property("tone") == tone:
        return
    widget.setProperty("tone", tone)
    repolish(widget)


def repolish(widget: QWidget) -> None:
    """Let a changed property be seen; a widget that was never shown is dressed when it is."""
    if widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def _palette(t: Theme) -> QPalette:
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, colour in (
        (roles.Window, t.ground),
        (roles.WindowText, t.text),
        (roles.Base, t.surface),
        (roles.AlternateBase, t.sunken),
        (roles.Text, t.text),
        (roles.Button, t.surface),
        (roles.ButtonText, t.text),
        (roles.ToolTipBase, t.surface),
        (roles.ToolTipText, t.text),
        (roles.PlaceholderText, t.muted),
        (roles.Highlight, t.accent),
        (roles.HighlightedText, t.on_accent),
        (roles.Accent, t.accent),
    ):
        palette.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(t.muted))
    return palette


def style_sheet(t: Theme) -> str:
    """The style sheet of a theme. Sizes of type are set by ``font``, never here."""
    return f"""
QWidget {{ color: {t.text}; }}
QMainWindow, QWidget[tone="ground"] {{ background: {t.ground}; }}
QFrame[tone="bar"] {{ background: {t.surface}; border: none; }}
QFrame[tone="nav"] {{ background: {t.surface}; border: none; border-right: 1px solid {t.line}; }}
QFrame[tone="strip"] {{ background: {t.surface}; border: none; border-top: 1px solid {t.line}; }}
QFrame[tone="band-training"] {{ background: {t.training}; border: none; }}
QFrame[tone="band-live"] {{ background: {t.line}; border: none; }}
QFrame[tone="panel"] {{
    background: {t.surface}; border: 1px solid {t.line}; border-radius: {RADIUS}px; }}
QFrame[tone="sheet"] {{
    background: {t.surface}; border: 1px solid {t.strong_line}; border-radius: {RADIUS}px; }}
QFrame[tone="rule"] {{ background: {t.line}; border: none; }}
QFrame[tone="fault"] {{
    background: {t.stop_soft}; border: 1px solid {t.stop}; border-radius: {RADIUS}px; }}
QFrame[tone="notice"] {{
    background: {t.attention_soft}; border: 1px solid {t.attention}; border-radius: {RADIUS}px; }}
QLabel {{ background: transparent; border: none; }}
QLabel[tone="muted"] {{ color: {t.muted}; }}
QLabel[tone="stop"] {{ color: {t.stop}; }}
QLabel[tone="attention"] {{ color: {t.attention}; }}
QLabel[tone="good"] {{ color: {t.good}; }}
QLabel[tone="accent"] {{ color: {t.accent}; }}
QLabel[tone="training"] {{
    background: {t.training}; color: {t.on_training}; border-radius: {RADIUS}px; padding: 4px 16px; }}
QLabel[tone="badge-chip"] {{
    background: {t.accent_soft}; color: {t.accent}; border-radius: 4px; }}
QLabel[tone="badge-typed"] {{
    background: {t.sunken}; color: {t.muted}; border: 1px solid {t.line}; border-radius: 4px; }}
QLabel[tone="badge-corrected"] {{
    background: {t.attention_soft}; color: {t.attention}; border-radius: 4px; }}
QLineEdit {{
    background: {t.surface}; border: 1px solid {t.strong_line}; border-radius: {RADIUS}px;
    padding: 0 7px; selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}
QLineEdit:focus {{ border: 2px solid {t.accent}; padding: 0 6px; }}
QLineEdit[wrong="true"] {{ border: 2px solid {t.stop}; padding: 0 6px; }}
QLineEdit:disabled {{ background: {t.sunken}; color: {t.muted}; }}
QPushButton {{
    background: {t.surface}; border: 1px solid {t.strong_line}; border-radius: {RADIUS}px;
    padding: 0 15px; }}
QPushButton:hover {{ border-color: {t.accent}; }}
QPushButton:focus {{ border: 2px solid {t.accent}; padding: 0 14px; }}
QPushButton:checked {{ background: {t.accent_soft}; border-color: {t.accent}; color: {t.accent}; }}
QPushButton:pressed {{ background: {t.sunken}; }}
QPushButton:disabled {{ color: {t.muted}; background: {t.sunken}; border-color: {t.line}; }}
QPushButton[tone="primary"] {{ background: {t.accent}; color: {t.on_accent}; border-color: {t.accent}; }}
QPushButton[tone="primary"]:hover {{ background: {t.accent_hover}; }}
QPushButton[tone="primary"]:focus {{ border: 2px solid {t.text}; }}
QPushButton[tone="primary"]:disabled {{
    background: {t.sunken}; color: {t.muted}; border: 1px solid {t.line}; }}
QPushButton[tone="grave"] {{ color: {t.stop}; border-color: {t.stop}; }}
QPushButton[tone="grave"]:disabled {{ color: {t.muted}; border-color: {t.line}; }}
QPushButton[tone="refused"] {{ color: {t.muted}; background: {t.sunken}; border-color: {t.line}; }}
QPushButton[tone="refused"]:focus {{ border: 2px solid {t.strong_line}; }}
QPushButton[tone="tab"] {{
    background: transparent; border: none; border-bottom: 2px solid transparent; border-radius: 0;
    padding: 0 8px; }}
QPushButton[tone="tab"]:hover {{ background: {t.sunken}; }}
QPushButton[tone="tab"]:checked {{ border-bottom: 2px solid {t.accent}; color: {t.accent}; }}
QPushButton[tone="tab"]:focus {{ border: 2px solid {t.accent}; padding: 0 6px; }}
QPushButton[tone="nav"] {{
    background: transparent; border: none; border-left: 4px solid transparent; border-radius: 0;
    text-align: left; padding: 0 12px; }}
QPushButton[tone="nav"]:hover {{ background: {t.sunken}; }}
QPushButton[tone="nav"]:checked {{
    background: {t.accent_soft}; border-left: 4px solid {t.accent}; color: {t.accent}; }}
QPushButton[tone="nav"]:focus {{
    border: 2px solid {t.accent}; border-left-width: 4px; padding: 0 10px 0 12px; }}
QPushButton[tone="row"] {{
    background: transparent; border: none; border-radius: 4px; text-align: left; padding: 0 8px; }}
QPushButton[tone="row"]:hover {{ background: {t.sunken}; }}
QPushButton[tone="row"]:focus {{ border: 2px solid {t.accent}; padding: 0 6px; }}
QPushButton[tone="row"]:disabled {{ color: {t.text}; background: transparent; }}
QRadioButton {{ spacing: 8px; }}
QRadioButton::indicator {{
    width: 12px; height: 12px; border: 2px solid {t.strong_line}; border-radius: 8px;
    background: {t.surface}; }}
QRadioButton::indicator:focus {{ border-color: {t.accent}; }}
QRadioButton::indicator:checked {{
    width: 6px; height: 6px; border: 5px solid {t.accent}; background: {t.surface}; }}
QRadioButton:focus {{ color: {t.accent}; }}
QRadioButton:disabled {{ color: {t.muted}; }}
QScrollArea {{ background: transparent; border: none; }}
QScrollArea > QWidget > QStackedWidget,
QScrollArea > QWidget > QWidget[tone="clear"] {{ background: transparent; }}
QScrollBar:vertical {{ background: transparent; width: 8px; margin: 0; }}
QScrollBar::handle:vertical {{ background: {t.strong_line}; border-radius: 4px; min-height: 32px; }}
QScrollBar:horizontal {{ background: transparent; height: 8px; margin: 0; }}
QScrollBar::handle:horizontal {{ background: {t.strong_line}; border-radius: 4px; min-width: 32px; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{
    background: transparent; border: none; width: 0; height: 0; }}
QAbstractScrollArea::corner {{ background: transparent; border: none; }}
QTableView {{
    background: {t.surface}; border: 1px solid {t.line}; border-radius: {RADIUS}px;
    gridline-color: {t.line}; selection-background-color: {t.accent_soft}; selection-color: {t.text};
    outline: none; }}
QTableView:focus {{ border: 2px solid {t.accent}; }}
QHeaderView {{ background: transparent; border: none; }}
QHeaderView::section {{
    background: {t.surface}; color: {t.muted}; border: none; border-bottom: 1px solid {t.line};
    padding: 0 8px; }}
QListView {{
    background: {t.surface}; border: 1px solid {t.strong_line}; outline: none;
    selection-background-color: {t.accent_soft}; selection-color: {t.text}; }}
QListView::item {{ padding: 4px 8px; }}
QMenu {{
    background: {t.surface}; border: 1px solid {t.strong_line}; border-radius: {RADIUS}px;
    padding: 4px; }}
QMenu::item {{ padding: 8px 24px 8px 16px; border-radius: 4px; }}
QMenu::item:selected {{ background: {t.accent_soft}; color: {t.text}; }}
QMenu::item:disabled {{ color: {t.muted}; }}
QToolTip {{ background: {t.surface}; color: {t.text}; border: 1px solid {t.strong_line}; padding: 4px; }}
"""
