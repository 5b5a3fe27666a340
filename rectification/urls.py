"""Addresses of this floor, grouped by object. A step's address is the object's own plus its verb."""

from django.urls import path

from rectification.views import clue, feedback, finding, item, panels, report

app_name = "rectification"

FINDINGS = [
    path("findings/", finding.finding_list, name="findings"),
    path("findings/new/", finding.finding_new, name="finding_new"),
    path("findings/to-sign/", finding.finding_to_sign, name="findings_to_sign"),
    path("findings/export/", finding.finding_export, name="findings_export"),
    path("findings/<str:number>/", finding.finding_page, name="finding"),
    path("findings/<str:number>/paper.pdf", finding.finding_paper, name="finding_paper"),
    path("findings/<str:number>/evidence/<int:serial>/", finding.finding_evidence, name="finding_evidence"),
    path("findings/<str:number>/edit/", finding.edit, name="finding_edit"),
    path("findings/<str:number>/attach_evidence/", finding.attach_evidence, name="finding_attach_evidence"),
    path("findings/<str:number>/submit/", finding.submit, name="finding_submit"),
    path("findings/<str:number>/send_back/", finding.send_back, name="finding_send_back"),
    path("findings/<str:number>/sign/", finding.sign, name="finding_sign"),
    path("findings/<str:number>/use/", finding.use, name="finding_use"),
    path("findings/<str:number>/correct_at_once/", finding.correct_at_once, name="finding_correct_at_once"),
    path("findings/<str:number>/to_clue/", finding.to_clue, name="finding_to_clue"),
    path("findings/<str:number>/drop/", finding.drop, name="finding_drop"),
    path("findings/<str:number>/restore/", finding.restore, name="finding_restore"),
]

CLUES = [
    path("clues/", clue.clue_list, name="clues"),
    path("clues/new/", clue.clue_new, name="clue_new"),
    path("clues/export/", clue.clue_export, name="clues_export"),
    path("clues/<str:number>/", clue.clue_page, name="clue"),
    path("clues/<str:number>/sheet.pdf", clue.clue_sheet, name="clue_sheet"),
    path("clues/<str:number>/approve/", clue.approve, name="clue_approve"),
    path("clues/<str:number>/withdraw/", clue.withdraw, name="clue_withdraw"),
    path("clues/<str:number>/hand_over/", clue.hand_over, name="clue_hand_over"),
    path("clues/<str:number>/receive/", clue.receive, name="clue_receive"),
    path("clues/<str:number>/handle/", clue.handle, name="clue_handle"),
    path("clues/<str:number>/conclude/", clue.conclude, name="clue_conclude"),
    path("clues/<str:number>/feed_back/", clue.feed_back, name="clue_feed_back"),
]

FEEDBACK = [
    path("feedback/", feedback.feedback_list, name="feedbacks"),
    path("feedback/new/", feedback.feedback_new, name="feedback_new"),
    path("feedback/<str:number>/", feedback.feedback_page, name="feedback"),
    path("feedback/<str:number>/feedback.pdf", feedback.feedback_pdf, name="feedback_pdf"),
    path("feedback/<str:number>/feedback.docx", feedback.feedback_docx, name="feedback_docx"),
    path("feedback/<str:number>/items/", feedback.feedback_items, name="feedback_items"),
    path("feedback/<str:number>/edit/", feedback.edit, name="feedback_edit"),
    path("feedback/<str:number>/approve/", feedback.approve, name="feedback_approve"),
    path("feedback/<str:number>/send_back/", feedback.send_back, name="feedback_send_back"),
    path("feedback/<str:number>/deliver/", feedback.deliver, name="feedback_deliver"),
]

ITEMS = [
    path("rectification/", item.item_list, name="items"),
    path("rectification/new/", item.item_new, name="item_new"),
    path("rectification/export/", item.items_export, name="items_export"),
    path("rectification/reports/<str:code>/", report.report_page, name="report"),
    path("rectification/units/<str:number>/", item.unit_items, name="unit_items"),
    path("rectification/<str:number>/", item.item_page, name="item"),
    path("rectification/<str:number>/evidence/<int:pk>/", item.item_evidence, name="item_evidence"),
    path("rectification/<str:number>/decompose/", item.decompose, name="item_decompose"),
    path("rectification/<str:number>/report_progress/", item.report_progress, name="item_report_progress"),
    path("rectification/<str:number>/mark_basic/", item.mark_basic, name="item_mark_basic"),
    path("rectification/<str:number>/apply/", item.apply, name="item_apply"),
    path("rectification/<str:number>/verify/", item.verify, name="item_verify"),
    path("rectification/<str:number>/close/", item.close, name="item_close"),
    path("rectification/<str:number>/send_back/", item.send_back, name="item_send_back"),
    path("rectification/<str:number>/continue_long_term/", item.continue_long_term, name="item_continue_long_term"),
    path("rectification/<str:number>/extend/", item.extend, name="item_extend"),
    path("rectification/<str:number>/reopen/", item.reopen, name="item_reopen"),
]

PANELS = [
    path("findings/of-petition/<str:number>/", panels.of_petition, name="petition_panel"),
    path("findings/of-assignment/<str:number>/", panels.of_assignment, name="assignment_panel"),
    path("rectification/of-assignment/<str:number>/", item.items_panel, name="items_panel"),
]

urlpatterns = [*PANELS, *FINDINGS, *CLUES, *FEEDBACK, *ITEMS]
