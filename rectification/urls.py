"""Addresses of this floor, grouped by object. A step's address is the object's own plus its verb."""

from django.urls import path

from rectification.views import clue, finding, panels

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

PANELS = [
    path("findings/of-petition/<str:number>/", panels.of_petition, name="petition_panel"),
    path("findings/of-assignment/<str:number>/", panels.of_assignment, name="assignment_panel"),
]

urlpatterns = [*PANELS, *FINDINGS, *CLUES]
