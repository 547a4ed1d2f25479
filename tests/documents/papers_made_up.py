"""Made-up papers to draw: ordinary ones, and ones with the longest of everything. Nobody lives here."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from app.documents.face_design import FaceMark
from app.documents.papers import (
    AcceptanceReceipt,
    ApplicationForm,
    ClosingReport,
    Collector,
    FeeReceipt,
    FormAllergy,
    FormContact,
    FormImmunization,
    HandOverSlip,
    LossKind,
    LossReport,
    Means,
    OpenCaseRow,
    Paper,
    PaperFacts,
    Representative,
    TemporaryProof,
    Term,
    VoidedRow,
    WaivedRow,
)
from app.domain.audit import Head
from tests.helpers.portrait import plate

NUMBER = "410102198709232345"
PHONE = "19900001234"
# 2026-11-22 14:03 in China.
MOMENT = 1_795_327_380_000
RARE = "样例𠅤𬭎𭤨"
LONG_NAME = "样例·" + "阿卜杜热合曼训练" * 5 + "古丽测试练习"
LONG_ADDRESS = (
    "河南省郑州市样例区训练街道练习社区居民委员会" * 4 + "训练路一百八十八号院三号楼二单元一千六百零二室"
)
# A head as long as any: the desk's key uncompressed, its signature raw.
HEAD = Head("X01", 1204, 999_999, MOMENT, bytes(range(32)), bytes(range(4, 69)), bytes(range(100, 164)))
GROUPS = " ".join(HEAD.hash.hex().upper()[at : at + 4] for at in range(0, 64, 4))
REASON = Term("遗失补卡", "Reissue after a loss")
RULE = Term(
    "样例区居民健康卡补领工本费标准（训练）第 2 项：遗失补卡每张 20 元",
    "Fees for the Residents' Health Card of the sample district (training)",
)
LONG_RULE = Term(RULE.zh * 3, f"{RULE.en} " * 3)
ID_CARD = Term("居民身份证", "resident identity card")
SELF = Term("本人", "the holder")
GRANDPARENT = Term("祖父母或外祖父母", "grandparent, of the father's or the mother's side")

FACTS = PaperFacts(
    centre="郑州市样例区第三社区卫生服务中心",
    desk="X01",
    terminal="410102000012",
    institution="4101020000000000000001",
    operator="训练员甲",
    printed_at_ms=MOMENT,
)
LIVE = replace(FACTS, desk="L01", operator="李样例")
MARKED = replace(FACTS, marks=(FaceMark.TRAINING, FaceMark.SIMULATED))
SPECIMEN = replace(FACTS, marks=(FaceMark.SPECIMEN,))

FORM = ApplicationForm(
    number="X01-A000017",
    business=Term("首次申领", "First issue"),
    applied_on=dt.date(2026, 11, 22),
    name="样例甲子",
    sex=Term("女", "female"),
    birth_date=dt.date(1987, 9, 23),
    citizen_id=NUMBER,
    ethnic=Term("汉", "Han"),
    nationality="中国",
    phone=PHONE,
    registered_address="河南省郑州市样例区训练路18号",
    contacts=(FormContact("联系样例甲", Term("配偶", "spouse"), "19900005678"),),
    payments=(Term("城镇居民基本医疗保险", "urban residents' basic medical insurance"),),
    abo=Term("A 型", "type A"),
    collected_from=Term("身份证芯片", "identity chip"),
    photo=plate(),
)
RECEIPT = AcceptanceReceipt(
    number="X01-A000017",
    business=Term("首次申领", "First issue"),
    accepted_at_ms=MOMENT,
    name="样例甲子",
    person_number=NUMBER,
    collect_at="郑州市样例区第三社区卫生服务中心 02 号台",
    ready_on=dt.date(2026, 11, 25),
    enquiry_phone="0371-00000000",
)
PROOF = TemporaryProof(
    number="X01-P000003",
    name="样例甲子",
    person_number=NUMBER,
    issued_on=dt.date(2026, 11, 22),
    last_day=dt.date(2026, 12, 21),
    reason=REASON,
    application_number="X01-A000017",
    collect_at="郑州市样例区第三社区卫生服务中心 02 号台",
    enquiry_phone="0371-00000000",
)
FEE = FeeReceipt(
    number="X01-R000042",
    received_at_ms=MOMENT,
    payer="样例甲子",
    person_number=NUMBER,
    reason=REASON,
    rule=RULE,
    due_fen=2000,
    received_fen=2000,
    means=Means.CASH,
    shift="X01-S000008",
    application_number="X01-A000017",
    rule_since=dt.date(2026, 1, 1),
)
SLIP = HandOverSlip(
    number="X01-H000011",
    case_number="X01-C000020",
    card_number=NUMBER,
    chip_serial="0A0B 0C0D 1122 3344",
    name="样例甲子",
    business=Term("首次申领", "First issue"),
    collector=Collector.SELF,
    collector_name="样例甲子",
    collector_document=ID_CARD,
    collector_number=NUMBER,
    handed_over_at_ms=MOMENT,
    collector_phone=PHONE,
    relation=SELF,
    activated_at_ms=MOMENT + 60_000,
)
LOSS = LossReport(
    number="X01-L000005",
    kind=LossKind.PROVISIONAL,
    name="样例甲子",
    person_number=NUMBER,
    card_number=NUMBER,
    reported_at_ms=MOMENT,
    reporter_name="样例甲子",
    relation=SELF,
    channel=Term("电话", "by phone"),
    reporter_phone=PHONE,
    lapses_at_ms=MOMENT + 7 * 86_400_000,
    cause=Term("遗失", "lost"),
)
CLOSING = ClosingReport(
    number="X01-D000008",
    shift="X01-S000008",
    clerk="训练员甲",
    opened_at_ms=MOMENT - 6 * 3_600_000,
    closed_at_ms=MOMENT,
    first_receipt="X01-R000040",
    last_receipt="X01-R000044",
    receipt_count=5,
    due_fen=10000,
    waived_fen=2000,
    cash_fen=6000,
    scan_fen=2000,
    float_fen=20000,
    expected_fen=26000,
    counted_fen=26000,
    difference_fen=0,
    cards_opening=200,
    cards_received=50,
    cards_issued=96,
    cards_spoiled=2,
    cards_returned=0,
    cards_on_hand=152,
    cards_counted=152,
    cards_difference=0,
    audit_desk="X01",
    head_sequence=1204,
    witness=HEAD.text(),
    head_line=f"KGKH1|X01|1204|{GROUPS}",
    waived=(WaivedRow(Term("制卡质量问题", "fault of the maker"), 1, 2000),),
)

ORDINARY: tuple[Paper, ...] = (FORM, RECEIPT, PROOF, FEE, SLIP, CLOSING, LOSS)

LONGEST: tuple[Paper, ...] = (
    replace(
        FORM,
        name=LONG_NAME,
        chip_name=LONG_NAME[:15],
        english_name="YANGLI ABDURAHMAN TRAINING " * 2,
        ethnic=Term("维吾尔", "Uygur"),
        other_document=Term("外国人永久居留身份证", "foreigner's permanent residence identity card"),
        other_number="9" * 18,
        rural_insurance="4" * 18,
        health_record="4" * 17,
        second_phone=PHONE,
        marital=Term("未说明的婚姻状况", "marital status not stated"),
        occupation=Term("不便分类的其他从业人员", "other workers who can not be classified elsewhere"),
        education=Term("中等专业学校或中等技术学校", "secondary specialized or technical school"),
        registered_address=LONG_ADDRESS,
        residence=LONG_ADDRESS,
        contacts=tuple(FormContact(LONG_NAME, GRANDPARENT, PHONE) for _ in range(3)),
        payments=(
            Term("城镇职工基本医疗保险", "urban employees' basic medical insurance"),
            Term("新型农村合作医疗", "new rural cooperative medical scheme"),
            Term("商业医疗保险", "commercial medical insurance"),
        ),
        rh=Term("RH 阴性", "Rh negative"),
        alerts=(
            Term("哮喘", "asthma"),
            Term("心脏病", "heart disease"),
            Term("心脑血管病", "cardio-cerebrovascular disease"),
            Term("癫痫", "epilepsy"),
            Term("精神病", "psychiatric disorder"),
            Term("凝血紊乱", "coagulation disorder"),
            Term("糖尿病", "diabetes"),
            Term("青光眼", "glaucoma"),
            Term("透析", "dialysis"),
            Term("器官移植", "organ transplant"),
            Term("器官缺失", "organ missing"),
            Term("可装卸义肢", "removable prosthesis"),
            Term("心脏起搏器", "pacemaker"),
            Term("训练用的其他医学警示" * 3, "another alert of training " * 3),
        ),
        allergies=tuple(FormAllergy("样例药物" * 8, "皮疹、呼吸困难" * 4) for _ in range(3)),
        immunizations=tuple(
            FormImmunization("样例联合疫苗" * 3, dt.date(2010 + n, 12, 25)) for n in range(10)
        ),
        representative=Representative.GUARDIAN,
        representative_name=LONG_NAME,
        representative_document=ID_CARD,
        representative_number=NUMBER,
        representative_phone=PHONE,
        representative_relation=GRANDPARENT,
        representative_reason=Term("申请人未满十六周岁，" * 6, "the applicant is a minor, " * 6),
        photo=None,
    ),
    replace(
        RECEIPT,
        name=LONG_NAME,
        collect_at=LONG_ADDRESS,
        fee_fen=2000,
        fee_rule=LONG_RULE,
        materials=("居民身份证复印件", "户口簿首页和本人页复印件", "授权委托书", "出生医学证明") * 3,
    ),
    replace(PROOF, name=LONG_NAME, collect_at=LONG_ADDRESS),
    replace(
        FEE,
        payer=LONG_NAME,
        rule=LONG_RULE,
        due_fen=999_999_999_999,
        received_fen=987_654_321_098,
        waiver=Term("经批准的困难减免" * 3, "approved hardship " * 3),
        voided=True,
        voided_at_ms=MOMENT,
        voided_by="训练主管乙",
        void_reason=Term("收款方式登记错误，" * 5, "wrong way of payment, " * 5),
    ),
    replace(
        SLIP,
        name=LONG_NAME,
        collector=Collector.GUARDIAN,
        collector_name=LONG_NAME,
        relation=GRANDPARENT,
        old_card="已收回并剪角，登记号 X01-B000002，" * 3,
    ),
    replace(
        CLOSING,
        gaps=tuple(f"X01-R{n:06d}" for n in range(12)),
        voided=tuple(
            VoidedRow(
                f"X01-R{n:06d}",
                2000,
                Term("收款方式登记错误", "wrong way of payment"),
                "训练主管乙",
            )
            for n in range(10)
        ),
        waived=tuple(
            WaivedRow(Term(f"免收原因之{n}" * 6, "because " * 8), n, 2000 * n) for n in range(1, 11)
        ),
        difference_fen=-500,
        counted_fen=25500,
        difference_reason="找零时多付五元，" * 8,
        cards_counted=151,
        cards_difference=-1,
        cards_difference_reason="一张空白卡未找到，" * 6,
        explained_by=LONG_NAME,
        agreed_by="训练主管乙",
        open_cases=tuple(
            OpenCaseRow(f"X01-C{n:06d}", Term("已写卡，待确认打印" * 2, "written, print open"), MOMENT)
            for n in range(10)
        ),
    ),
    replace(
        LOSS,
        kind=LossKind.WRITTEN,
        lapses_at_ms=None,
        name=LONG_NAME,
        reporter_name=LONG_NAME,
        relation=GRANDPARENT,
        reporter_document=ID_CARD,
        reporter_number=NUMBER,
        cause=Term(
            "在样例区训练路乘坐公共汽车时遗失，" * 6, "lost on a bus of the sample district, " * 6
        ),
    ),
)
LONG_FACTS = replace(
    MARKED,
    centre=FACTS.centre * 3,
    operator=LONG_NAME,
    institution="4" * 22,
    copy=2,
)


def with_(paper: Paper, **changes: Any) -> Any:
    """A made-up paper with some values changed."""
    return replace(paper, **changes)  # type: ignore[type-var]
