"""What happened in the rounds: petitions, papers, clues, feedback and items, by the verbs and on their days."""

import datetime as dt
from itertools import cycle

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from inspection.calendar.days import add_months
from petitions import intake
from petitions.models import Agency, Petition
from petitions.queries import OPEN
from petitions.workflow import box, disclosure
from petitions.workflow import petition as petitions
from petitions.workflow import transfer as slips
from rectification.models import Clue, Feedback, Item, Measure
from rectification.workflow import clue as clues
from rectification.workflow import feedback as feedbacks
from rectification.workflow import finding as findings
from rectification.workflow import item as items
from rounds.models import Assignment, Channel, Liaison
from rounds.workflow import assignment as stages
from rounds.workflow import unit as units

from .clock import at
from .stories import ITEMS, PAPERS, PETITIONS, REPORTERS, SOURCES

ONE_DAY = dt.timedelta(days=1)
KINDS = ("call", "letter", "call", "box", "sms", "call", "visit", "letter", "email", "call")
AGENCIES = (
    ("上级纪检监察机关", Agency.Kind.SUPERIOR),
    ("驻厅纪检监察组", Agency.Kind.DISCIPLINE),
    ("组织人事部门", Agency.Kind.ORGANISATION),
    ("市信访局", Agency.Kind.PETITION),
    ("市中级人民法院", Agency.Kind.POLITICAL_LEGAL),
    ("市住房和城乡建设局", Agency.Kind.DEPARTMENT),
    ("被巡视地方党委", Agency.Kind.LOCAL),
)


def evidence(name: str) -> SimpleUploadedFile:
    """A small text file."""
    return SimpleUploadedFile(name, f"{name}\n（演示用佐证材料）\n".encode())


def build(rounds, people) -> None:
    """Fill the rounds."""
    for name, kind in AGENCIES:
        Agency.objects.get_or_create(name=name, defaults={"kind": kind})
    today = timezone.localdate()
    offset = 0
    for round, unit_name, count in (
        (rounds.LN2016, "辽宁省", 6),
        (rounds.HN06, "示例县（市、区）01", 6),
        (rounds.HN06, "示例省直单位一", 4),
        (rounds.ZJK09, "张家口市", 14),
        (rounds.ZJK09, "宣化区", 5),
        (rounds.ZJK09, "沽源县", 5),
        (rounds.SX1201, "示例厅局甲", 8),
        (rounds.TZ01, "厅直属单位甲", 26),
        (rounds.TZ01, "厅直属单位乙", 14),
    ):
        _petitions(_assignment(round, unit_name), count, cycle(PETITIONS[offset:] + PETITIONS[:offset]), people, today)
        offset = (offset + 5) % len(PETITIONS)
    _papers_on_site(_assignment(rounds.TZ01, "厅直属单位甲"), people.leader1, people.member1, people, today)
    _papers_on_site(_assignment(rounds.TZ01, "厅直属单位乙"), people.leader2, people.member2, people, today)
    _asked_who_wrote(_assignment(rounds.TZ01, "厅直属单位甲"), people.leader1, today)
    followed = _assignment(rounds.SX1201, "示例厅局甲")
    if not Liaison.objects.filter(user=people.liaison1, unit=followed.unit).exists():
        units.link_liaison(followed.unit, people.liaison1, by=people.admin)
    with_papers = {
        _assignment(rounds.HN06, "示例县（市、区）01").pk,
        _assignment(rounds.ZJK09, "沽源县").pk,
        followed.pk,
    }
    left = (
        Assignment.objects.filter(state=Assignment.State.REPORTING).select_related("unit", "group__round").order_by("onsite_to")
    )
    for assignment in left:
        if assignment.pk in with_papers:
            _rectified(assignment, people, today, live=assignment == followed)
        else:
            _moved_on(assignment, people)


def _assignment(round, unit_name: str) -> Assignment:
    return Assignment.objects.select_related("unit", "group__round").get(group__round=round, unit__name=unit_name)


def _petitions(assignment: Assignment, count: int, stories, people, today: dt.date) -> None:
    """Register `count` petitions over the days on site and take each as far as its story goes."""
    channels = list(assignment.channels.all())
    past = assignment.onsite_to < today and assignment.state != Assignment.State.ON_SITE
    last = min(assignment.cutoff_on or assignment.onsite_to, today)
    span = max((last - assignment.onsite_from).days, 1)
    earlier = {}
    opening = None if past else _opening(assignment, people, last)
    for number in range(count):
        day = assignment.onsite_from + ONE_DAY * (number * span // count)
        fitting = [c for c in channels if c.kind == KINDS[number % len(KINDS)]] or channels
        channel = fitting[number % len(fitting)]
        subject, text, persons, discipline, outside = story = next(stories)
        with at(day, hour=8 + number % 11, minute=number * 7 % 60) as moment:
            petition = intake.register(
                assignment,
                by=people.office,
                channel_kind=channel.kind,
                channel=channel,
                received_at=moment,
                postmarked_on=day - 2 * ONE_DAY if channel.kind == Channel.Kind.LETTER else None,
                subject=subject,
                text=text,
                persons=[dict(zip(("name", "unit", "post", "level"), person, strict=True)) for person in persons],
                reporter=REPORTERS[number % len(REPORTERS)],
                people_count=23 if "农民工" in subject else 1,
                box_opening=opening if opening and opening.channel_id == channel.pk and opening.opened_at <= moment else None,
            )
        first = earlier.setdefault(story[0], petition)
        waits = not past and number >= count - 6
        if not waits:
            _handle(petition, first, number, past, discipline, outside, people, day)
    if not past and assignment.group.number == 1:
        with at(last, hour=10) as moment:
            intake.register_sealed(
                assignment,
                by=people.leader1,
                received_at=moment,
                channel_kind=Channel.Kind.LETTER,
                receiver_name=AGENCIES[0][0],
                handed_on=last,
                received_by="丁一",
            )


def _asked_who_wrote(assignment: Assignment, leader, today: dt.date) -> None:
    """A leader waits for the custodian: the signature of a petition is to be verified."""
    signed = Petition.objects.filter(assignment=assignment, signature=Petition.Signature.SIGNED, state__in=OPEN)
    with at(today, hour=8):
        disclosure.ask(signed.order_by("pk")[0], by=leader, reason="来信署名，须向本人核实署名并了解有关情况。")


def _opening(assignment: Assignment, people, last: dt.date):
    """A suggestion box opened by two people in the middle of the stay."""
    channel = assignment.channels.filter(kind=Channel.Kind.BOX).first()
    leader, member = (people.leader1, people.member1) if assignment.group.number == 1 else (people.leader2, people.member2)
    day = assignment.onsite_from + (last - assignment.onsite_from) // 3
    with at(day, hour=8) as moment:
        return box.open_box(channel, by=leader, witness=member, opened_at=moment, letters=4)


def _handle(petition: Petition, first: Petition, number: int, past: bool, discipline: str, outside: bool, people, day) -> None:
    """Triage it and go on from there, a few days later at a time."""
    office, chief = people.office, people.chief
    with at(day + 2 * ONE_DAY, hour=15):
        if first != petition and first.state != Petition.State.REPEAT:
            petitions.link_repeat(petition, by=office, first=first)
            return
        if discipline == "none":
            petitions.file(petition, by=office, reason="没有可查的内容，存查。")
            return
        if outside:
            _pass_on(petition, number, past, people, day + 2 * ONE_DAY)
            return
        petitions.accept(petition, by=office, discipline=discipline, kind=Petition.Kind.ACCUSATION, note="拟由组内了解。")
    if past or number % 4 == 0:
        outcome = Petition.Outcome.CLOSED if number % 3 else Petition.Outcome.FINDING
        with at(day + 12 * ONE_DAY, hour=16):
            petitions.conclude(petition, by=chief, outcome=outcome, reason="已了解清楚，情况写入底稿或予以了结。")
    elif number % 4 == 1:
        leader = people.leader1 if petition.assignment.group.number == 1 else people.leader2
        with at(day + 4 * ONE_DAY):
            petitions.check(petition, by=leader)


def _pass_on(petition: Petition, number: int, past: bool, people, day: dt.date) -> None:
    """Transfer it; the slip goes one step further with every number, to the end where the round is past."""
    office = people.office
    receiver = Agency.objects.get(name=AGENCIES[3 + number % 3][0])
    extract = f"有群众反映：{petition.subject}。请按职责调查处理，并于期限内反馈办理结果。"
    slip = slips.transfer(petition, by=office, receiver=receiver, extract=extract, sent_on=day)
    steps = 4 if past else number % 5
    if steps >= 1:
        with at(day + 3 * ONE_DAY):
            slips.receive(slip, by=office, date=min(day + 3 * ONE_DAY, timezone.localdate()), received_by="签收员")
    if steps >= 2:
        with at(day + 5 * ONE_DAY):
            slips.handle(slip, by=office)
    if steps >= 3:
        with at(day + 20 * ONE_DAY):
            slips.reply(slip, by=office, date=timezone.localdate(), text="经核查，反映情况部分属实，已督促责任单位限期解决。")
    if steps >= 4:
        with at(day + 21 * ONE_DAY):
            slips.conclude(slip, by=people.chief, reason="已答复群众，同意办结。")


def _papers_on_site(assignment: Assignment, leader, member, people, today: dt.date) -> None:
    """Papers in every state, clues, and what is corrected at once."""
    focus = list(assignment.group.round.focus.all())
    told = {p.subject: p for p in Petition.objects.filter(assignment=assignment, first=None).select_related("content")}
    papers = []
    for number, (title, fact, basis, responsible, responsibility, discipline) in enumerate(PAPERS):
        day = assignment.onsite_from + ONE_DAY * (3 + number)
        with at(day, hour=20):
            papers.append(
                findings.draft(
                    assignment,
                    by=member,
                    title=title,
                    fact=fact,
                    basis=basis,
                    responsible=responsible,
                    responsibility=responsibility,
                    discipline=discipline,
                    focus=focus[number % len(focus)] if focus else None,
                    key=number % 3 == 0,
                    sources=[told[subject]] if (subject := SOURCES.get(title)) in told else [],
                    files=[evidence(f"佐证{number + 1:02d}.txt")],
                )
            )
    with at(today, hour=8):
        findings.edit(papers[1], by=member, fact=PAPERS[1][1] + "公示期也只有3天。")
        for paper in papers[1:]:
            findings.submit(paper, by=member)
        findings.send_back(papers[2], by=leader, reason="定性依据要写到条款。")
        for paper in papers[3:]:
            findings.sign(paper, by=leader, date=today)
        findings.use(papers[4], by=leader)
        findings.correct_at_once(papers[5], by=leader, date=today + 8 * ONE_DAY)
        findings.drop(papers[6], by=leader, reason="与另一份底稿合并。")
        to = {"receiver": Agency.objects.get(name=AGENCIES[1][0]), "level": "county", "discipline": "work"}
        findings.to_clue(papers[7], by=leader, **to, name="卢万钧", post="工程处处长", matter="验收弄虚作假，疑有利益输送。")
    for steps, (name, post, matter) in enumerate(
        (
            ("高满仓", "后勤服务中心主任", "指定供应商，疑收受好处。"),
            ("何小川", "财务科科长", "截留驻村补贴。"),
            ("段长空", "综合处处长", "违规提任亲友。"),
        ),
        start=1,
    ):
        with at(assignment.onsite_from + 10 * ONE_DAY, hour=17):
            _clue(assignment, leader, people, steps * 2, name=name, post=post, matter=matter)


def _clue(assignment: Assignment, leader, people, steps: int, **content) -> None:
    """Propose a clue and take it so many steps on."""
    office, today = people.office, timezone.localdate()
    receiver, second = (Agency.objects.get(name=AGENCIES[n][0]) for n in (1, 2))
    clue = clues.propose(
        assignment,
        by=leader,
        receiver=receiver,
        second_receiver=second,
        mode=Clue.Mode.DOUBLE,
        level="county",
        discipline="integrity",
        **content,
    )
    walk = (
        lambda: clues.approve(clue, by=people.chief),
        lambda: clues.hand_over(clue, by=office, date=today),
        lambda: clues.receive(clue, by=office, date=today, received_by="签收员"),
        lambda: clues.handle(clue, by=office, handling=Clue.State.PRELIMINARY),
        lambda: clues.conclude(clue, by=office, reason="经初步核实，给予批评教育。"),
        lambda: clues.feed_back(clue, by=office, date=today),
    )
    for step in walk[:steps]:
        step()


def _report(assignment: Assignment, people) -> dt.date:
    """The report is decided on a month after the stay; returns the day."""
    day = add_months(assignment.onsite_to, 1)
    with at(day):
        stages.report(assignment, by=people.office, date=day)
    return day


def _moved_on(assignment: Assignment, people) -> None:
    """A unit of a past round whose papers the demonstration leaves out."""
    day = _report(assignment, people) + 20 * ONE_DAY
    with at(day):
        stages.feed_back(assignment, by=people.office, date=day)
    with at(add_months(day, 7)):
        stages.follow_up(assignment, by=people.office)


def _rectified(assignment: Assignment, people, today: dt.date, *, live: bool) -> None:
    """Papers that went into the report, feedback to both, items followed to the end; with `live` some were reopened lately."""
    papers = _used_papers(assignment, people)
    day = _report(assignment, people) + 15 * ONE_DAY
    parts = {
        "overall": "党组织能够履行主体责任，但仍存在一些突出问题。",
        "problems": "\n".join(f"{n}．{story[0]}。" for n, story in enumerate(ITEMS, start=1)),
        "suggestions": "压实整改责任，举一反三，健全长效机制。",
        "demands": "自收到反馈意见之日起，在规定期限内报送整改报告。",
    }
    for to in Feedback.To.values:
        with at(day):
            feedback = feedbacks.draft(assignment, by=people.office, to=to, findings=papers, **parts)
            feedbacks.approve(feedback, by=people.chief)
        with at(day + 3 * ONE_DAY):
            feedbacks.deliver(feedback, by=people.office, date=timezone.localdate())
    assignment.refresh_from_db()
    body = Feedback.objects.get(assignment=assignment, to=Feedback.To.BODY)
    with at(day + 4 * ONE_DAY):
        entries = [{"finding": paper, "problem": story[0], "key": paper.key} for paper, story in zip(papers, ITEMS, strict=True)]
        opened = items.open_from_feedback(body, by=people.office, entries=entries)
    filler = people.liaison1 if live else people.office
    for number, (item, story) in enumerate(zip(opened, ITEMS, strict=True)):
        _follow(item, number, story, people, filler, day + 10 * ONE_DAY)
    with at(add_months(day, 7)):
        stages.follow_up(assignment, by=people.office)
    if live:
        for number, item in enumerate(opened):
            _look_back(item, number, people, today)


def _used_papers(assignment: Assignment, people) -> list:
    """Papers written while the report is, signed and used."""
    papers = []
    with at(assignment.onsite_to + ONE_DAY, hour=10):
        for number, (title, fact, basis, responsible, responsibility, discipline) in enumerate(PAPERS):
            paper = findings.draft(
                assignment,
                by=people.leader2,
                title=title,
                fact=fact,
                basis=basis,
                responsible=responsible,
                responsibility=responsibility,
                discipline=discipline,
                key=number % 4 == 0,
            )
            findings.submit(paper, by=people.leader2)
            findings.sign(paper, by=people.leader2, date=timezone.localdate())
            papers.append(findings.use(paper, by=people.leader2))
    return papers


def _follow(item: Item, number: int, story, people, filler, day: dt.date) -> None:
    """The unit fills in and applies; two different people verify and close. The fifth item goes on for the long term."""
    _problem, goal, leader, department, measures = story
    with at(day):
        items.decompose(
            item,
            by=filler,
            goal=goal,
            leader=leader,
            department=department,
            measures=[
                {
                    "text": text,
                    "leader": leader,
                    "department": department,
                    "due_on": item.due_on - 20 * ONE_DAY,
                    "kinds": [tuple(Measure.Kind.values)[(number + place) % 6]],
                }
                for place, text in enumerate(measures)
            ],
        )
    with at(day + 40 * ONE_DAY):
        done = {measure.pk: Measure.Completion.DONE for measure in item.measures.all()}
        files = [evidence(f"整改佐证{number + 1:02d}.txt")]
        items.report_progress(item, by=filler, text="措施已全部落实，佐证附后。", attachments=files, completions=done)
        if number == 4:
            items.continue_long_term(item, by=people.chief, reason="需常态化坚持。")
            return
    with at(day + 60 * ONE_DAY):
        items.apply(item, by=filler)
    with at(day + 65 * ONE_DAY):
        items.verify(item, by=people.leader2, reason="佐证齐全，同意销号。")
        items.close(item, by=people.chief)


def _look_back(item: Item, number: int, people, today: dt.date) -> None:
    """A check of these weeks found some problems back: red, yellow and green, one applied for, one verified."""
    days_left = {0: -3, 1: 6, 2: 25, 5: 40, 6: 12}.get(number)
    if days_left is None:
        return
    due = today + days_left * ONE_DAY
    with at(min(due, today) - 30 * ONE_DAY):
        items.reopen(item, by=people.chief, reason="回头看发现问题反弹。", date=due)
    with at(min(due, today) - 5 * ONE_DAY):
        items.report_progress(item, by=people.liaison1, text="已重新研究措施，正在落实。")
        if number == 2:
            items.mark_basic(item, by=people.liaison1)
        if number in (5, 6):
            items.apply(item, by=people.liaison1)
        if number == 6:
            items.verify(item, by=people.office, reason="现场查看，已落实。")
        if number == 5:
            items.send_back(item, by=people.office, reason="缺少补发凭证，请补充后再申请。")
